/**
 * pack_linear for the CPU: a weight [O, K] as strips [⌈O/8⌉, K, 8], of eight outputs each. Columns of a last strip that
 * there are no outputs for are zeros. An item is a strip.
 *
 * Strips of halves hold 16 bits a number that lie as panels.wasm.ts says. Their exponent counts from 2⁻²⁴, the smallest
 * half, up to 2⁶, so that none is denormal once it is widened, which processors multiply slowly. A weight with numbers
 * of 128 or more has the exponents of halves. Behind the strips lies what makes up for either: 2¹⁰² or 2¹¹².
 */
import { narrowBy, widen } from '../../cpu/panels.wasm';

const UP_FROM_SMALLEST: f32 = 5.0706024009129176e30;
const UP_FROM_HALVES: f32 = 5.192296858534828e33;
/** Weights below it have exponents from -24 to 6. */
const LARGE: f32 = 128;

@unmanaged
class PackLinearArgs {
  weight!: usize;
  strips!: usize;
  outputs!: i32;
  inner!: i32;
  /** Of a number of the weight and of the strips: 4, or 2 for halves. */
  weightBytes!: i32;
  stripBytes!: i32;
}

// @ts-ignore: decorator
@inline
function scaleAddress(a: PackLinearArgs): usize {
  return a.strips + (<usize>((a.outputs + 7) >> 3) * a.inner << 4);
}

// @ts-ignore: decorator
@inline
function loadWeight(a: PackLinearArgs, at: usize): f32 {
  const from = a.weight + at * a.weightBytes;
  return a.weightBytes === 2 ? widen(load<u16>(from)) : load<f32>(from);
}

/** Chooses the exponents of strips of halves. One item. */
export function scale_linear(_item: i32, args: usize, _scratch: usize): void {
  const a = changetype<PackLinearArgs>(args);
  const size = <usize>a.outputs * a.inner;
  let largest: f32 = 0;
  for (let at: usize = 0; at < size; at++) largest = max(largest, abs(loadWeight(a, at)));
  store<f32>(scaleAddress(a), largest < LARGE ? UP_FROM_SMALLEST : UP_FROM_HALVES);
}

export function pack_linear(item: i32, args: usize, _scratch: usize): void {
  const a = changetype<PackLinearArgs>(args);
  const inner = a.inner;
  const toBytes = 8 * a.stripBytes;
  const down: f32 = a.stripBytes === 2 ? 1 / load<f32>(scaleAddress(a)) : 1;
  for (let lane = 0; lane < 8; lane++) {
    const output = item * 8 + lane;
    const isGiven = output < a.outputs;
    const first = <usize>output * inner;
    const place = a.stripBytes === 4 ? lane << 2 : lane < 4 ? lane << 2 : ((lane - 4) << 2) + 2;
    let to = a.strips + <usize>item * inner * toBytes + place;
    for (let k = 0; k < inner; k++, to += toBytes) {
      const value = isGiven ? loadWeight(a, first + k) : <f32>0;
      if (a.stripBytes === 4) store<f32>(to, value);
      else store<u16>(to, narrowBy(value, down));
    }
  }
}
