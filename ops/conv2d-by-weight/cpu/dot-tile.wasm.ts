/**
 * The register tile of sums over pixels: four maps of the cotangent times two of x, four pixels a vector, so that both
 * are read as they lie. 8 sums, as in ops/cpu/tile.wasm.ts, and as many reads for as many multiply-adds.
 */
import { madd } from '../../cpu/tile.wasm';

/** What all tiles of a block have in common. */
@unmanaged
export class Runs {
  /** Stretches of pixels, and pixels of each. */
  count!: i32;
  length!: i32;
  /** Bytes from one stretch to the next. */
  cotangentStep!: usize;
  xStep!: usize;
}

/** The sums of four vectors, each over its lanes. */
// @ts-ignore: decorator
@inline
function addLanes(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f64>(ab, cd, 0, 2), v128.shuffle<f64>(ab, cd, 1, 3));
}

// @ts-ignore: decorator
@inline
function accumulate(to: usize, sums: v128): void {
  v128.store(to, f32x4.add(v128.load(to), sums));
}

/** Adds Σ g·x to the four numbers at `sums`, one for each g, and to the next four those of `x1` if `two`. */
export function multiplyMaps(
  runs: Runs, g0: usize, g1: usize, g2: usize, g3: usize, x0: usize, x1: usize, sums: usize, two: bool,
): void {
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  const bytes = <usize>(runs.length & ~3) << 2;
  // Pointers move by whole turns of four vectors, whichever way a stretch is left.
  const gStep = runs.cotangentStep - (bytes & ~63);
  const xStep = runs.xStep - (bytes & ~63);
  const spare = runs.length & 3;
  for (let run = runs.count; run > 0; run--) {
    const end = g0 + bytes;
    for (; g0 < end; g0 += 64, g1 += 64, g2 += 64, g3 += 64, x0 += 64, x1 += 64) {
      let a: v128, b0: v128, b1: v128;
      b0 = v128.load(x0); b1 = v128.load(x1);
      a = v128.load(g0); c00 = madd(a, b0, c00); c01 = madd(a, b1, c01);
      a = v128.load(g1); c10 = madd(a, b0, c10); c11 = madd(a, b1, c11);
      a = v128.load(g2); c20 = madd(a, b0, c20); c21 = madd(a, b1, c21);
      a = v128.load(g3); c30 = madd(a, b0, c30); c31 = madd(a, b1, c31);
      if (g0 + 16 >= end) break;
      b0 = v128.load(x0, 16); b1 = v128.load(x1, 16);
      a = v128.load(g0, 16); c00 = madd(a, b0, c00); c01 = madd(a, b1, c01);
      a = v128.load(g1, 16); c10 = madd(a, b0, c10); c11 = madd(a, b1, c11);
      a = v128.load(g2, 16); c20 = madd(a, b0, c20); c21 = madd(a, b1, c21);
      a = v128.load(g3, 16); c30 = madd(a, b0, c30); c31 = madd(a, b1, c31);
      if (g0 + 32 >= end) break;
      b0 = v128.load(x0, 32); b1 = v128.load(x1, 32);
      a = v128.load(g0, 32); c00 = madd(a, b0, c00); c01 = madd(a, b1, c01);
      a = v128.load(g1, 32); c10 = madd(a, b0, c10); c11 = madd(a, b1, c11);
      a = v128.load(g2, 32); c20 = madd(a, b0, c20); c21 = madd(a, b1, c21);
      a = v128.load(g3, 32); c30 = madd(a, b0, c30); c31 = madd(a, b1, c31);
      if (g0 + 48 >= end) break;
      b0 = v128.load(x0, 48); b1 = v128.load(x1, 48);
      a = v128.load(g0, 48); c00 = madd(a, b0, c00); c01 = madd(a, b1, c01);
      a = v128.load(g1, 48); c10 = madd(a, b0, c10); c11 = madd(a, b1, c11);
      a = v128.load(g2, 48); c20 = madd(a, b0, c20); c21 = madd(a, b1, c21);
      a = v128.load(g3, 48); c30 = madd(a, b0, c30); c31 = madd(a, b1, c31);
    }
    if (spare > 0) {
      // The last one to three pixels; what lies beyond may be anything.
      const at = bytes & 63;
      const mask = i32x4.gt_s(i32x4.splat(spare), i32x4(0, 1, 2, 3));
      const b0 = v128.and(v128.load(x0 + at), mask), b1 = v128.and(v128.load(x1 + at), mask);
      let a = v128.and(v128.load(g0 + at), mask); c00 = madd(a, b0, c00); c01 = madd(a, b1, c01);
      a = v128.and(v128.load(g1 + at), mask); c10 = madd(a, b0, c10); c11 = madd(a, b1, c11);
      a = v128.and(v128.load(g2 + at), mask); c20 = madd(a, b0, c20); c21 = madd(a, b1, c21);
      a = v128.and(v128.load(g3 + at), mask); c30 = madd(a, b0, c30); c31 = madd(a, b1, c31);
    }
    g0 += gStep; g1 += gStep; g2 += gStep; g3 += gStep;
    x0 += xStep; x1 += xStep;
  }
  accumulate(sums, addLanes(c00, c10, c20, c30));
  if (two) accumulate(sums + 16, addLanes(c01, c11, c21, c31));
}
