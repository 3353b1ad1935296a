/** What loops over a line of numbers share: sums of four, the largest of four, a store of fewer. */

/** The arguments of what goes along lines: in one stretch, or four side by side. */
@unmanaged
export class Lines {
  x: usize;
  result: usize;
  /** Lines, or groups of up to four of them, and how many of those an item computes. */
  units: i32;
  each: i32;
  /** Numbers in a line, and lines side by side: neighbours in a line are so many numbers apart. */
  size: i32;
  inner: i32;
}

/** Stores the first `count` of four numbers, 1 to 3. */
// @ts-ignore: decorator
@inline
export function storeFirst(to: usize, numbers: v128, count: i32): void {
  f32.store(to, f32x4.extract_lane(numbers, 0));
  if (count > 1) f32.store(to, f32x4.extract_lane(numbers, 1), 4);
  if (count > 2) f32.store(to, f32x4.extract_lane(numbers, 2), 8);
}

/** The sum of four numbers. */
// @ts-ignore: decorator
@inline
export function addUp(x: v128): f32 {
  const pairs = f32x4.add(x, v128.shuffle<i32>(x, x, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** The largest of four numbers; NaN where one is. */
// @ts-ignore: decorator
@inline
export function largestOf(x: v128): f32 {
  const pairs = f32x4.max(x, v128.shuffle<i32>(x, x, 2, 3, 0, 1));
  return max(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 1));
}

/** The sum of a line, in sixteen sums. */
export function sumLine(from: usize, count: i32): f32 {
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  let left = count;
  for (; left >= 16; left -= 16) {
    a = f32x4.add(a, v128.load(from));
    b = f32x4.add(b, v128.load(from, 16));
    c = f32x4.add(c, v128.load(from, 32));
    d = f32x4.add(d, v128.load(from, 48));
    from += 64;
  }
  for (; left >= 4; left -= 4) {
    a = f32x4.add(a, v128.load(from));
    from += 16;
  }
  let sum = addUp(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
  for (; left > 0; left--) {
    sum += f32.load(from);
    from += 4;
  }
  return sum;
}

/** The largest number of a line; NaN where one is. */
export function largestInLine(from: usize, count: i32): f32 {
  let a = f32x4.splat(-Infinity);
  let b = a;
  let left = count;
  for (; left >= 8; left -= 8) {
    a = f32x4.max(a, v128.load(from));
    b = f32x4.max(b, v128.load(from, 16));
    from += 32;
  }
  let largest = largestOf(f32x4.max(a, b));
  for (; left > 0; left--) {
    largest = max(largest, f32.load(from));
    from += 4;
  }
  return largest;
}
