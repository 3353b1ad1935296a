/**
 * Ops on every element by itself, one operand or two. The result is walked row by row: a row is a stretch along which
 * each operand goes on by one element or stays, so that four elements are computed at once whatever broadcasts.
 *
 * A formula is a class without fields; generics make a function of each (changetype of 0 only names the class).
 */
import { roundToHalf4 } from '../../cast/cpu/halves.wasm';
import { storeFirst } from '../../cpu/lines.wasm';
import { all, erf4, exp4, gelu4, geluTanh4, log4, quickGelu4, sigmoid4, silu4, tanh4 } from './functions.wasm';

/** The arguments, as `elementwise.ts` lays them. */
@unmanaged
class Elements {
  /** Elements of the result, and how many of them an item computes. */
  total: i32;
  each: i32;
  result: usize;
  /** Length of a row, and sizes of the two axes that rows are counted along next; the third is what is left. */
  inner: i32;
  size2: i32;
  size1: i32;
  /** Of each operand: bytes along the three axes, and along a row for each four elements, 16 or 0. */
  a: usize;
  a0: i32;
  a1: i32;
  a2: i32;
  aStep: i32;
  b: usize;
  b0: i32;
  b1: i32;
  b2: i32;
  bStep: i32;
  /** Attributes of the op. */
  first: f32;
  second: f32;
}

/** One number four times, at an address that walks nowhere. */
// @ts-ignore: decorator
@inline
function spread(from: usize, to: usize): usize {
  v128.store(to, v128.load32_splat(from));
  return to;
}

function walkOne<Formula>(item: i32, args: usize): void {
  const given = changetype<Elements>(args);
  const formula = changetype<Formula>(0);
  const start = item * given.each;
  const count = min(given.each, given.total - start);
  let a = given.a + (<usize>start << 2);
  let result = given.result + (<usize>start << 2);
  const end = result + (<usize>(count & ~3) << 2);
  while (result < end) {
    v128.store(result, formula.apply(given, v128.load(a)));
    a += 16;
    result += 16;
  }
  if (count & 3) storeFirst(result, formula.apply(given, v128.load(a)), count & 3);
}

function walkTwo<Formula>(item: i32, args: usize, scratch: usize): void {
  const given = changetype<Elements>(args);
  const formula = changetype<Formula>(0);
  const inner = given.inner;
  let at = item * given.each;
  const last = min(at + given.each, given.total);
  while (at < last) {
    const row = at / inner;
    const column = at - row * inner;
    const count = min(inner - column, last - at);
    const outer = row / given.size2;
    const i2 = row - outer * given.size2;
    const i0 = outer / given.size1;
    const i1 = outer - i0 * given.size1;
    let a = given.a + i0 * given.a0 + i1 * given.a1 + i2 * given.a2;
    let b = given.b + i0 * given.b0 + i1 * given.b1 + i2 * given.b2;
    const aStep = given.aStep;
    const bStep = given.bStep;
    a = aStep ? a + (<usize>column << 2) : spread(a, scratch);
    b = bStep ? b + (<usize>column << 2) : spread(b, scratch + 16);
    let result = given.result + (<usize>at << 2);
    const end = result + (<usize>(count & ~3) << 2);
    while (result < end) {
      v128.store(result, formula.apply(given, v128.load(a), v128.load(b)));
      a += aStep;
      b += bStep;
      result += 16;
    }
    if (count & 3) storeFirst(result, formula.apply(given, v128.load(a), v128.load(b)), count & 3);
    at += count;
  }
}

class Add {
  @inline apply(_given: Elements, a: v128, b: v128): v128 {
    return f32x4.add(a, b);
  }
}
export function addNumbers(item: i32, args: usize, scratch: usize): void {
  walkTwo<Add>(item, args, scratch);
}

class Subtract {
  @inline apply(_given: Elements, a: v128, b: v128): v128 {
    return f32x4.sub(a, b);
  }
}
export function subtractNumbers(item: i32, args: usize, scratch: usize): void {
  walkTwo<Subtract>(item, args, scratch);
}

class Multiply {
  @inline apply(_given: Elements, a: v128, b: v128): v128 {
    return f32x4.mul(a, b);
  }
}
export function multiplyNumbers(item: i32, args: usize, scratch: usize): void {
  walkTwo<Multiply>(item, args, scratch);
}

class Divide {
  @inline apply(_given: Elements, a: v128, b: v128): v128 {
    return f32x4.div(a, b);
  }
}
export function divideNumbers(item: i32, args: usize, scratch: usize): void {
  walkTwo<Divide>(item, args, scratch);
}

class ScaleAdd {
  @inline apply(given: Elements, id: v128, res: v128): v128 {
    return f32x4.add(id, f32x4.mul(all(given.first), res));
  }
}
export function scaleAdd(item: i32, args: usize, scratch: usize): void {
  walkTwo<ScaleAdd>(item, args, scratch);
}

class Relu {
  @inline apply(_given: Elements, x: v128): v128 {
    return f32x4.pmax(x, all(0));
  }
}
export function reluOf(item: i32, args: usize, _scratch: usize): void {
  walkOne<Relu>(item, args);
}

class Clamp {
  @inline apply(given: Elements, x: v128): v128 {
    return f32x4.pmin(f32x4.pmax(x, all(given.first)), all(given.second));
  }
}
export function clampNumbers(item: i32, args: usize, _scratch: usize): void {
  walkOne<Clamp>(item, args);
}

class Exp {
  @inline apply(_given: Elements, x: v128): v128 {
    return exp4(x);
  }
}
export function expOf(item: i32, args: usize, _scratch: usize): void {
  walkOne<Exp>(item, args);
}

class Log {
  @inline apply(_given: Elements, x: v128): v128 {
    return log4(x);
  }
}
export function logOf(item: i32, args: usize, _scratch: usize): void {
  walkOne<Log>(item, args);
}

class Tanh {
  @inline apply(_given: Elements, x: v128): v128 {
    return tanh4(x);
  }
}
export function tanhOf(item: i32, args: usize, _scratch: usize): void {
  walkOne<Tanh>(item, args);
}

class Sigmoid {
  @inline apply(_given: Elements, x: v128): v128 {
    return sigmoid4(x);
  }
}
export function sigmoidOf(item: i32, args: usize, _scratch: usize): void {
  walkOne<Sigmoid>(item, args);
}

class Erf {
  @inline apply(_given: Elements, x: v128): v128 {
    return erf4(x);
  }
}
export function erfOf(item: i32, args: usize, _scratch: usize): void {
  walkOne<Erf>(item, args);
}

class Gelu {
  @inline apply(_given: Elements, x: v128): v128 {
    return gelu4(x);
  }
}
export function geluOf(item: i32, args: usize, _scratch: usize): void {
  walkOne<Gelu>(item, args);
}

class GeluTanh {
  @inline apply(_given: Elements, x: v128): v128 {
    return geluTanh4(x);
  }
}
export function geluTanhOf(item: i32, args: usize, _scratch: usize): void {
  walkOne<GeluTanh>(item, args);
}

class Silu {
  @inline apply(_given: Elements, x: v128): v128 {
    return silu4(x);
  }
}
export function siluOf(item: i32, args: usize, _scratch: usize): void {
  walkOne<Silu>(item, args);
}

class QuickGelu {
  @inline apply(_given: Elements, x: v128): v128 {
    return quickGelu4(x);
  }
}
export function quickGeluOf(item: i32, args: usize, _scratch: usize): void {
  walkOne<QuickGelu>(item, args);
}

class RoundToHalf {
  @inline apply(_given: Elements, x: v128): v128 {
    return roundToHalf4(x);
  }
}
export function castToHalf(item: i32, args: usize, _scratch: usize): void {
  walkOne<RoundToHalf>(item, args);
}

class WholeToFloat {
  @inline apply(_given: Elements, x: v128): v128 {
    return f32x4.convert_i32x4_s(x);
  }
}
export function wholeToFloat(item: i32, args: usize, _scratch: usize): void {
  walkOne<WholeToFloat>(item, args);
}

class WholeToHalf {
  @inline apply(_given: Elements, x: v128): v128 {
    return roundToHalf4(f32x4.convert_i32x4_s(x));
  }
}
export function wholeToHalf(item: i32, args: usize, _scratch: usize): void {
  walkOne<WholeToHalf>(item, args);
}

class Same {
  @inline apply(_given: Elements, x: v128): v128 {
    return x;
  }
}
export function copyNumbers(item: i32, args: usize, _scratch: usize): void {
  walkOne<Same>(item, args);
}
