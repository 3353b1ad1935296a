/**
 * The walk of ops on every element by itself, of one operand to three. The result is walked row by row: a row is a
 * stretch along which each operand goes on by one element or stays, so that four elements are computed at once whatever
 * broadcasts.
 *
 * A formula is a class without fields; generics make a function of each (changetype of 0 only names the class).
 */
import { storeFirst } from '../../cpu/lines.wasm';

/** The arguments, as `elementwise.ts` lays them. */
@unmanaged
export class Elements {
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
  /** A third operand, where there is one. */
  c: usize;
  c0: i32;
  c1: i32;
  c2: i32;
  cStep: i32;
}

/** One number four times, at an address that walks nowhere. */
// @ts-ignore: decorator
@inline
function spread(from: usize, to: usize): usize {
  v128.store(to, v128.load32_splat(from));
  return to;
}

export function walkOne<Formula>(item: i32, args: usize): void {
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

export function walkTwo<Formula>(item: i32, args: usize, scratch: usize): void {
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

export function walkThree<Formula>(item: i32, args: usize, scratch: usize): void {
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
    let c = given.c + i0 * given.c0 + i1 * given.c1 + i2 * given.c2;
    const aStep = given.aStep;
    const bStep = given.bStep;
    const cStep = given.cStep;
    a = aStep ? a + (<usize>column << 2) : spread(a, scratch);
    b = bStep ? b + (<usize>column << 2) : spread(b, scratch + 16);
    c = cStep ? c + (<usize>column << 2) : spread(c, scratch + 32);
    let result = given.result + (<usize>at << 2);
    const end = result + (<usize>(count & ~3) << 2);
    while (result < end) {
      v128.store(result, formula.apply(given, v128.load(a), v128.load(b), v128.load(c)));
      a += aStep;
      b += bStep;
      c += cStep;
      result += 16;
    }
    if (count & 3) storeFirst(result, formula.apply(given, v128.load(a), v128.load(b), v128.load(c)), count & 3);
    at += count;
  }
}
