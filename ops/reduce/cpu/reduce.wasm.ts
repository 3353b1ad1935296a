/**
 * Sums, means, largest numbers and sums of products along an axis: lines in one stretch, or side by side, sixteen at
 * once, which is a line of the cache. A line may be cut into chunks, each with a result of its own.
 */
import { addUp, largestInLine, storeFirst, sumLine } from '../../cpu/lines.wasm';
import { madd } from '../../cpu/tile.wasm';

/** The arguments, as `reduce.ts` lays them. */
@unmanaged
class Reduced {
  x: usize;
  /** Bytes from a number of x to that of the other operand, which has the same shape. */
  other: usize;
  result: usize;
  /** Lines or groups of them, times chunks, and how many of those an item computes. */
  units: i32;
  each: i32;
  /** Numbers in a line, and lines side by side: neighbours in a line are so many numbers apart. */
  size: i32;
  inner: i32;
  /** Numbers of a chunk but for the last, and chunks of a line. */
  chunk: i32;
  chunks: i32;
  /** What a mean divides by. */
  count: i32;
}

/** Lines side by side that are walked at once. */
const BESIDE: i32 = 16;

function walkChunks<Reduction>(item: i32, args: usize): void {
  const given = changetype<Reduced>(args);
  const reduction = changetype<Reduction>(0);
  const end = min((item + 1) * given.each, given.units);
  const inner = given.inner;
  const groups = (inner + BESIDE - 1) / BESIDE;
  for (let unit = item * given.each; unit < end; unit++) {
    const line = unit / groups;
    const column = (unit - line * groups) * BESIDE;
    const outer = line / given.chunks;
    const first = (line - outer * given.chunks) * given.chunk;
    const count = min(given.chunk, given.size - first);
    const x = given.x + (<usize>((outer * given.size + first) * inner + column) << 2);
    const result = given.result + (<usize>(line * inner + column) << 2);
    if (inner === 1) f32.store(result, reduction.line(given, x, count));
    else if (column + BESIDE <= inner) reduceSixteen<Reduction>(given, x, result, count);
    else {
      for (let at = column; at < inner; at += 4) {
        const shift = <usize>(at - column) << 2;
        reduceFour<Reduction>(given, x + shift, result + shift, count, inner - at);
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function reduceSixteen<Reduction>(given: Reduced, x: usize, result: usize, count: i32): void {
  const reduction = changetype<Reduction>(0);
  const step = <usize>given.inner << 2;
  let a = reduction.start();
  let b = a, c = a, d = a;
  for (const end = x + <usize>count * step; x < end; x += step) {
    a = reduction.combine(given, a, x);
    b = reduction.combine(given, b, x + 16);
    c = reduction.combine(given, c, x + 32);
    d = reduction.combine(given, d, x + 48);
  }
  v128.store(result, reduction.finish(given, a));
  v128.store(result, reduction.finish(given, b), 16);
  v128.store(result, reduction.finish(given, c), 32);
  v128.store(result, reduction.finish(given, d), 48);
}

// @ts-ignore: decorator
@inline
function reduceFour<Reduction>(given: Reduced, x: usize, result: usize, count: i32, left: i32): void {
  const reduction = changetype<Reduction>(0);
  const step = <usize>given.inner << 2;
  let total = reduction.start();
  for (const end = x + <usize>count * step; x < end; x += step) total = reduction.combine(given, total, x);
  const numbers = reduction.finish(given, total);
  if (left >= 4) v128.store(result, numbers);
  else storeFirst(result, numbers, left);
}

class Sum {
  @inline start(): v128 {
    return f32x4.splat(0);
  }
  @inline combine(_given: Reduced, total: v128, x: usize): v128 {
    return f32x4.add(total, v128.load(x));
  }
  @inline finish(_given: Reduced, total: v128): v128 {
    return total;
  }
  @inline line(_given: Reduced, x: usize, count: i32): f32 {
    return sumLine(x, count);
  }
}
export function sumOf(item: i32, args: usize, _scratch: usize): void {
  walkChunks<Sum>(item, args);
}

class Mean {
  @inline start(): v128 {
    return f32x4.splat(0);
  }
  @inline combine(_given: Reduced, total: v128, x: usize): v128 {
    return f32x4.add(total, v128.load(x));
  }
  @inline finish(given: Reduced, total: v128): v128 {
    return f32x4.div(total, f32x4.splat(<f32>given.count));
  }
  @inline line(given: Reduced, x: usize, count: i32): f32 {
    return sumLine(x, count) / <f32>given.count;
  }
}
export function meanOf(item: i32, args: usize, _scratch: usize): void {
  walkChunks<Mean>(item, args);
}

class Largest {
  @inline start(): v128 {
    return f32x4.splat(-Infinity);
  }
  @inline combine(_given: Reduced, largest: v128, x: usize): v128 {
    return f32x4.max(largest, v128.load(x));
  }
  @inline finish(_given: Reduced, largest: v128): v128 {
    return largest;
  }
  @inline line(_given: Reduced, x: usize, count: i32): f32 {
    return largestInLine(x, count);
  }
}
export function maxOf(item: i32, args: usize, _scratch: usize): void {
  walkChunks<Largest>(item, args);
}

class SumOfProducts {
  @inline start(): v128 {
    return f32x4.splat(0);
  }
  @inline combine(given: Reduced, total: v128, x: usize): v128 {
    return madd(v128.load(x), v128.load(x + given.other), total);
  }
  @inline finish(_given: Reduced, total: v128): v128 {
    return total;
  }
  @inline line(given: Reduced, x: usize, count: i32): f32 {
    return multiplyLine(x, x + given.other, count);
  }
}
export function sumProducts(item: i32, args: usize, _scratch: usize): void {
  walkChunks<SumOfProducts>(item, args);
}

/** The sum of the products of two lines, in sixteen sums. */
function multiplyLine(x: usize, y: usize, count: i32): f32 {
  let a = f32x4.splat(0);
  let b = a, c = a, d = a;
  let left = count;
  for (; left >= 16; left -= 16, x += 64, y += 64) {
    a = madd(v128.load(x), v128.load(y), a);
    b = madd(v128.load(x, 16), v128.load(y, 16), b);
    c = madd(v128.load(x, 32), v128.load(y, 32), c);
    d = madd(v128.load(x, 48), v128.load(y, 48), d);
  }
  for (; left >= 4; left -= 4, x += 16, y += 16) a = madd(v128.load(x), v128.load(y), a);
  let sum = addUp(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
  for (; left > 0; left--, x += 4, y += 4) sum += f32.load(x) * f32.load(y);
  return sum;
}
