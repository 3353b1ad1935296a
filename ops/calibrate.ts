/**
 * Which kernels suit this device: how many render targets a draw should have, and how a texel is best read. Both give
 * the same numbers, and drivers rank them differently, so a few small convolutions are timed on the device itself.
 * Every candidate is a Device of its own on the same context; the first is the default and is only left for a clear win.
 */
import { Device, compile, tensor } from '../engine/index.ts';
import type { ContextSource, KernelChoice } from '../engine/index.ts';
import { conv2d } from './conv2d/conv2d.ts';
import { standardRules } from './rewrite/standard-rules.ts';

/** A candidate must be this much faster than the best before it: less is noise. */
const clearWin = 1.1;

/** Channels and side of the convolution that is timed: large enough to fill a GPU, small enough for a slow CPU. */
const channels = 32;
const side = 64;

/**
 * Times candidates, the default first, until `milliseconds` are over. Takes at least as long as one compilation.
 * @throws ContextError as `new Device` does
 */
export async function calibrate(source: ContextSource, milliseconds = 500): Promise<KernelChoice> {
  const end = performance.now() + milliseconds;
  const borrowed: ContextSource = { ...source, dispose() {} };
  let best: { choice: KernelChoice; time: number } | undefined;
  for (const candidate of listCandidates(borrowed)) {
    if (best && performance.now() > end) break;
    const time = await timeCandidate(borrowed, candidate);
    if (!best || time * clearWin < best.time) best = { choice: candidate, time };
  }
  return best!.choice;
}

function listCandidates(source: ContextSource): KernelChoice[] {
  const device = new Device(source);
  const { targets, fetch, ...rest } = device.kernels;
  device.dispose();
  const other = fetch === 'textureLod' ? 'texelFetch' : 'textureLod';
  const fewer = [targets, targets / 2, targets / 4].filter((count) => count >= 1);
  return [
    { targets, fetch, ...rest },
    { targets, fetch: other, ...rest },
    ...fewer.slice(1).flatMap(
      (count) =>
        [
          { targets: count, fetch, ...rest },
          { targets: count, fetch: other, ...rest },
        ] as const,
    ),
  ];
}

/** Least of three runs, in milliseconds, after one that compiles. */
async function timeCandidate(source: ContextSource, choice: KernelChoice): Promise<number> {
  const device = new Device(source, choice);
  const weight = tensor(new Float32Array(channels * channels * 9), [channels, channels, 3, 3]);
  const plan = compile(
    device,
    ({ x }) => conv2d(x, weight),
    { x: [1, channels, side, side] },
    { rules: standardRules },
  );
  try {
    const x = new Float32Array(channels * side * side);
    await plan.profile({ x });
    let least = Infinity;
    for (let run = 0; run < 3; run++) {
      const [pass] = await plan.profile({ x });
      least = Math.min(least, pass!.milliseconds);
    }
    return least;
  } finally {
    plan.dispose();
    device.dispose();
  }
}
