/** Sums of parts, each as long as the result and behind the one before: added in order. An item is some elements. */

@unmanaged
class SumPartsArgs {
  parts!: usize;
  result!: usize;
  /** Elements of the result, how many an item adds up, a multiple of 4, and parts. */
  count!: i32;
  each!: i32;
  size!: i32;
}

export function sum_parts(item: i32, args: usize, _scratch: usize): void {
  const a = changetype<SumPartsArgs>(args);
  const first = item * a.each;
  const last = min(first + a.each, a.count);
  const part = <usize>a.count << 2;
  let at = first;
  for (; at + 4 <= last; at += 4) {
    let from = a.parts + (<usize>at << 2);
    let sum = v128.load(from);
    for (let next = 1; next < a.size; next++) sum = f32x4.add(sum, v128.load((from += part)));
    v128.store(a.result + (<usize>at << 2), sum);
  }
  for (; at < last; at++) {
    let from = a.parts + (<usize>at << 2);
    let sum = load<f32>(from);
    for (let next = 1; next < a.size; next++) sum += load<f32>((from += part));
    store<f32>(a.result + (<usize>at << 2), sum);
  }
}
