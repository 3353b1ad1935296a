/**
 * What property tests of ops draw: shapes whose sizes sit at the edges of texels, blocks and pretended textures, and
 * numbers to fill them with. The product of sizes is bounded, so that a case costs milliseconds.
 */
import fc from 'fast-check';
import { sizeOf, tensor } from '../../engine/index.ts';
import type { DType, Shape, Tensor } from '../../engine/index.ts';
import { createRandom } from './random.ts';
import type { Random } from './random.ts';

/** Beside a texel of 4 channels and a texture of 64; every remainder by 4. */
const edgeSizes = [1, 2, 3, 4, 5, 63, 64, 65];

const mostElements = 12_000;

/**
 * Shapes of one rank. A size that would exceed the bound is replaced by a smaller edge; which axis may be large varies.
 */
export function shapesOfRank(rank: number, most: number = mostElements): fc.Arbitrary<number[]> {
  const sizes = fc.array(fc.constantFrom(...edgeSizes), { minLength: rank, maxLength: rank });
  return fc.tuple(sizes, fc.nat({ max: Math.max(0, rank - 1) })).map(([drawn, first]) => {
    const shape = [...drawn];
    let room = most;
    for (let i = 0; i < rank; i++) {
      const axis = (first + i) % rank;
      const fitting = edgeSizes.filter((size) => size <= Math.min(drawn[axis]!, room));
      shape[axis] = fitting.at(-1)!;
      room = Math.floor(room / shape[axis]!);
    }
    return shape;
  });
}

/** Shapes of rank `least` to 4. */
export function shapesFromRank(least: number, most: number = mostElements): fc.Arbitrary<number[]> {
  return fc.integer({ min: least, max: 4 }).chain((rank) => shapesOfRank(rank, most));
}

export const seeds: fc.Arbitrary<number> = fc.integer({ min: 1, max: 2 ** 31 - 1 });

export const dtypes: fc.Arbitrary<DType> = fc.constantFrom('f32', 'f16', 'i32');

/** Whole numbers in [low, high], which small sums keep exact. */
export function integerTensor(random: Random, shape: Shape, low: number, high: number): Tensor {
  return tensor(random.integers(sizeOf(shape), low, high), shape);
}

/**
 * Numbers that only an op which keeps every bit gets right: whole ones for i32, up to 2²⁴; else Gaussian ones (whole
 * for f16) with NaN, Infinity and -Infinity among them, about one in sixteen.
 */
export function hostileTensor(seed: number, shape: Shape, dtype: DType = 'f32'): Tensor {
  const random = createRandom(seed);
  const length = sizeOf(shape);
  if (dtype === 'i32') return tensor(random.integers(length, 1 - 2 ** 24, 2 ** 24 - 1), shape, dtype);
  const finite = dtype === 'f16' ? random.integers(length, -2048, 2048) : random.gaussians(length);
  return tensor(
    Float32Array.from(finite, (value) => spoil(value, random)),
    shape,
    dtype,
  );
}

function spoil(value: number, random: Random): number {
  return [NaN, Infinity, -Infinity][random.integer(0, 47)] ?? value;
}
