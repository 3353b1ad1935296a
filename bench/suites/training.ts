/**
 * Training steps: forward, backward, Adam, and the loss read back, of a dVAE and of a transformer. Everyone begins with
 * the same weights and has the same batch at every step, and nobody is timed before the losses of the first steps
 * agree: a step that computes something else, or that changes weights otherwise, shows in the next one's loss.
 */
import type { Contender, HarnessOptions } from '../harness.ts';
import { disposeProbes, interleaveWithProbes } from '../probes.ts';
import type { Probes } from '../probes.ts';
import type { BenchTask } from '../training-tasks.ts';
import type { DvaeResult } from './dvae.ts';
import type { BoundKind } from './kernels.ts';

/** A contender whose run is a step, and whose answer is the loss before it. */
export interface TrainingPeer extends Contender {
  readonly bound?: BoundKind;
}

export interface TrainingMaker {
  readonly name: string;
  make(): Promise<TrainingPeer>;
}

/** Steps whose losses are compared. */
const COMPARED = 3;
/**
 * Of a loss, relative. The first one's is of a forward pass in fp32; a later one's also of gradients near zero, whose
 * sign decides what Adam's first steps add.
 */
const BOUNDS: readonly number[] = [1e-5, 1e-3, 3e-3];

/**
 * @param makers the first makes the one that others are compared with; each is asked when the one before has begun
 * @param onMissing told of one that does not start, which takes no part [throws]
 */
export async function measureTraining(
  probes: Probes,
  bench: Pick<BenchTask, 'name' | 'macs'>,
  makers: readonly TrainingMaker[],
  options: HarnessOptions = {},
  onMissing: (name: string, why: unknown) => void = (_, why) => {
    throw why;
  },
): Promise<Pick<DvaeResult, 'beginnings' | 'later'>> {
  const peers: TrainingPeer[] = [];
  try {
    const beginnings: DvaeResult['beginnings'][number][] = [];
    let wanted: readonly number[] | undefined;
    for (const { name, make } of makers) {
      const start = performance.now();
      const peer = await make().catch((error: unknown) => {
        onMissing(name, error);
        return undefined;
      });
      if (!peer) continue;
      peers.push(peer);
      const prepared = performance.now();
      const losses = [(await peer.run())[0]!];
      const firstRun = performance.now() - prepared;
      while (losses.length < COMPARED) losses.push((await peer.run())[0]!);
      wanted ??= losses;
      compareLosses(bench.name, peer.name, losses, wanted);
      beginnings.push({ name: peer.name, prepare: prepared - start, firstRun, peakTextureBytes: undefined });
    }
    const rounds = { warmups: 0, minRounds: 5, moreSeconds: 0, ...options };
    const { times, bounds } = await interleaveWithProbes(peers, probes, rounds);
    return {
      beginnings,
      later: {
        workload: bench.name,
        macs: bench.macs,
        times: times.map((measured, index) => ({ ...measured, bound: peers[index]!.bound })),
        bounds,
      },
    };
  } finally {
    for (const peer of peers) peer.dispose();
    disposeProbes(probes);
  }
}

function compareLosses(task: string, name: string, losses: readonly number[], wanted: readonly number[]): void {
  losses.forEach((loss, at) => {
    if (Math.abs(loss - wanted[at]!) <= BOUNDS[at]! * Math.abs(wanted[at]!)) return;
    throw new Error(
      `${name} has the loss ${loss} at step ${at + 1} of ${task}, where ${wanted[at]} is right. ` +
        'Its time would mean nothing.',
    );
  });
}
