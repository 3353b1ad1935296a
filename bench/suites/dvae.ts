/**
 * The official-size dVAE at 256×256, end to end: pixels in memory to tokens in memory, and back. Getting ready, the
 * first run and later runs are told apart, since a person waits for each at another moment.
 */
import type { HarnessOptions } from '../harness.ts';
import type { Half, Net } from '../peers/net.ts';
import { disposeProbes, interleaveWithProbes } from '../probes.ts';
import type { Probes } from '../probes.ts';
import type { KernelResult } from './kernels.ts';

/** One net of one engine before its later runs. Milliseconds and bytes. */
interface Beginning {
  readonly name: string;
  readonly prepare: number;
  readonly firstRun: number;
  /** Of those that draw. */
  readonly peakTextureBytes: number | undefined;
}

export interface DvaeResult {
  readonly half: Half;
  readonly beginnings: readonly Beginning[];
  /** Later runs, in the form of a kernel's. */
  readonly later: KernelResult;
}

/**
 * Nets with the same weights must give the same answer, or none is timed.
 *
 * @param probes of the devices that the nets run on
 * @param nets first the one that others are compared with
 */
export async function measureNets(
  probes: Probes,
  half: Half,
  nets: readonly Net[],
  options: HarnessOptions = {},
): Promise<DvaeResult> {
  try {
    const starts: Omit<Beginning, 'peakTextureBytes'>[] = [];
    const compare = comparerOf(half);
    for (const net of nets) {
      const { answer, ...start } = await begin(net);
      compare(net, answer);
      starts.push(start);
    }
    const rounds = { warmups: 0, minRounds: 3, moreSeconds: 0, ...options };
    const { times, bounds } = await interleaveWithProbes(nets, probes, rounds);
    return {
      half,
      beginnings: starts.map((start, index) => ({ ...start, peakTextureBytes: nets[index]!.peakTextureBytes() })),
      later: {
        workload: `${half} 256²`,
        macs: nets.find(({ cost }) => cost)?.cost?.macs ?? 0,
        times: times.map((measured, index) => {
          const { bound, cost } = nets[index]!;
          return { ...measured, bound, fetches: cost?.fetches };
        }),
        bounds,
      },
    };
  } finally {
    for (const net of nets) net.dispose();
    disposeProbes(probes);
  }
}

/** Of tokens, where the two best may be closer than rounding; of pixels in [0, 1]. */
const bounds = { differingTokens: 0.01, pixelError: 1e-3 };

/** Compares each net that has the generated weights with the first such one. */
function comparerOf(half: Half): (net: Net, answer: ArrayLike<number>) => void {
  let wanted: ArrayLike<number> | undefined;
  return ({ name, hasGeneratedWeights }, answer) => {
    if (!hasGeneratedWeights) return;
    wanted ??= Array.from(answer);
    const errors = Array.from(wanted, (value, index) => Math.abs(value - answer[index]!));
    const isGood =
      half === 'encode'
        ? errors.filter((error) => error !== 0).length <= bounds.differingTokens * errors.length
        : errors.every((error) => error <= bounds.pixelError);
    if (isGood && answer.length === wanted.length) return;
    throw new Error(`${name} gives another answer to ${half}. Its time would mean nothing.`);
  };
}

async function begin(net: Net): Promise<Omit<Beginning, 'peakTextureBytes'> & { answer: ArrayLike<number> }> {
  const start = performance.now();
  await net.prepare();
  const prepared = performance.now();
  const answer = await net.run();
  return { name: net.name, prepare: prepared - start, firstRun: performance.now() - prepared, answer };
}
