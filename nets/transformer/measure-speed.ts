/**
 * A stopwatch for what a transformer's time goes into: an empty draw, and a product with a weight that caches hold or
 * that comes from memory. estimate.ts makes seconds of it.
 */
import type { Draws, Tensor } from '../../engine/index.ts';
import { add, compile, constant, linear } from '../../ops/index.ts';
import type { Device } from '../../ops/index.ts';

/** How quick a device is. */
export interface DeviceSpeed {
  /** What a draw takes that does next to nothing. */
  readonly secondsPerDraw: number;
  /** Texture reads a second in a product with a weight that caches hold, or that is read for many rows at once. */
  readonly fetchesPerSecond: number;
  /** The same with a weight that comes from memory. */
  readonly streamedFetchesPerSecond: number;
  /** Multiply-adds a second in a product of many rows. */
  readonly macsPerSecond: number;
}

/**
 * What is timed: products [1, K] · [O, K]ᵀ with weights of 16 and 128 MB, one of many rows, and draws that do next to
 * nothing.
 */
const smallWeight = [4096, 1024] as const;
const largeWeight = [16_384, 2048] as const;
const manyRows = 256;
const chain = 64;
const rounds = 5;

/** Measures a device, in one to three seconds. Throws as `Compiled.run`. */
export async function measureSpeed(device: Device): Promise<DeviceSpeed> {
  return {
    secondsPerDraw: await timeDraw(device),
    fetchesPerSecond: await timeProduct(device, smallWeight),
    streamedFetchesPerSecond: await timeProduct(device, largeWeight),
    macsPerSecond: await timeRows(device),
  };
}

async function timeDraw(device: Device): Promise<number> {
  const draws = compile(device, ({ x }) => Array.from({ length: chain }).reduce((sum: Tensor) => add(sum, x), x), {
    x: [1, 4],
  });
  try {
    return (await timeRuns(() => draws.run({ x: new Float32Array(4) }))) / chain;
  } finally {
    draws.dispose();
  }
}

async function timeProduct(device: Device, [outputs, inner]: readonly [number, number]): Promise<number> {
  const type = { shape: [outputs, inner], dtype: 'f32' } as const;
  const weight = constant('weight', type, () => new Float32Array(outputs * inner));
  const product = compile(device, ({ x }) => linear(x, weight), { x: [1, inner] });
  try {
    const seconds = await timeRuns(() => product.run({ x: new Float32Array(inner) }));
    // The reference device plans nothing: there a texture read stands for four numbers.
    const fetches = product.draws ? countFetches(product.draws) : (outputs * inner) / 4;
    return fetches / seconds;
  } finally {
    product.dispose();
  }
}

async function timeRows(device: Device): Promise<number> {
  const [outputs, inner] = [1024, 1024];
  const type = { shape: [outputs, inner], dtype: 'f32' } as const;
  const weight = constant('weight', type, () => new Float32Array(outputs * inner));
  const product = compile(device, ({ x }) => linear(x, weight), { x: [manyRows, inner] });
  try {
    const x = new Float32Array(manyRows * inner);
    return (manyRows * outputs * inner) / (await timeRuns(() => product.run({ x })));
  } finally {
    product.dispose();
  }
}

/** Seconds of the fastest of a few runs, after one that compiles. */
async function timeRuns(run: () => Promise<unknown>): Promise<number> {
  await run();
  let least = Infinity;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    await run();
    least = Math.min(least, (performance.now() - start) / 1000);
  }
  return least;
}

function countFetches({ passes }: Draws): number {
  return passes.reduce((sum, { cost }) => sum + cost.fetches, 0);
}
