/**
 * pack_linear for the CPU: a weight [O, K] as strips [⌈O/8⌉, K, 8], of eight outputs each. Columns of a last strip that
 * there are no outputs for are zeros. An item is a strip.
 */
import { narrow, widen } from '../../cpu/panels.wasm';

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

export function pack_linear(item: i32, args: usize, _scratch: usize): void {
  const a = changetype<PackLinearArgs>(args);
  const inner = a.inner;
  const fromBytes = a.weightBytes;
  const toBytes = 8 * a.stripBytes;
  for (let lane = 0; lane < 8; lane++) {
    const output = item * 8 + lane;
    const isGiven = output < a.outputs;
    let from = a.weight + <usize>output * inner * fromBytes;
    let to = a.strips + <usize>item * inner * toBytes + lane * a.stripBytes;
    if (!isGiven) {
      for (let k = 0; k < inner; k++, to += toBytes) {
        if (a.stripBytes === 2) store<u16>(to, 0);
        else store<f32>(to, 0);
      }
    } else if (a.stripBytes === 4 && fromBytes === 4) {
      for (let k = 0; k < inner; k++, to += toBytes, from += 4) store<f32>(to, load<f32>(from));
    } else if (a.stripBytes === 4) {
      for (let k = 0; k < inner; k++, to += toBytes, from += 2) store<f32>(to, widen(load<u16>(from)));
    } else if (fromBytes === 2) {
      for (let k = 0; k < inner; k++, to += toBytes, from += 2) store<u16>(to, load<u16>(from));
    } else {
      for (let k = 0; k < inner; k++, to += toBytes, from += 4) store<u16>(to, narrow(load<f32>(from)));
    }
  }
}
