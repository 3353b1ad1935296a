/**
 * The adapter between this bench and benchmark.js. benchmark.js knows synchronous functions and a "deferred" mode, and
 * runs one contender's samples to the end before the next one's; on a machine whose speed drifts that compares moments,
 * not programs. So here one deferred "function" is a whole round, in which every contender runs once and is awaited,
 * in an order that turns from round to round. benchmark.js decides when there are rounds enough and tests whether two
 * contenders differ; the times are taken here, each around one contender.
 */
import Benchmark from 'benchmark';

/** One program that does the task being measured. */
export interface Contender {
  readonly name: string;
  /** Whether it computes in a process of its own, whose CPU time is not seen from here. */
  readonly elsewhere?: boolean;
  /** Milliseconds of all cores that such a process has used so far, where it tells. */
  cpuTime?(): number;
  /** Does the work once and ends with numbers read back from the device, so that no work is left pending. */
  run(): Promise<ArrayLike<number>>;
  dispose(): void;
}

/** Times of one contender, one of each kind a round, in order. */
export interface Times {
  readonly name: string;
  /** Milliseconds by the clock. */
  readonly wall: readonly number[];
  /**
   * Milliseconds of all cores that its process used. Empty where nobody tells, as in a browser.
   */
  readonly cpu: readonly number[];
}

export interface HarnessOptions {
  /** Runs of each contender before anything is timed [2]. */
  readonly warmups?: number;
  /** Rounds that are run however long they take [7]. */
  readonly minRounds?: number;
  /** Seconds for which rounds go on after those [3]. */
  readonly moreSeconds?: number;
}

/** Runs all contenders in turns. The result is in their order. */
export async function interleave(
  contenders: readonly Contender[],
  { warmups = 2, minRounds = 7, moreSeconds = 3 }: HarnessOptions = {},
): Promise<Times[]> {
  for (let run = 0; run < warmups; run++) {
    for (const contender of contenders) await contender.run();
  }
  const times = contenders.map(({ name }) => ({ name, wall: [] as number[], cpu: [] as number[] }));
  let first = 0;
  await repeat(
    async () => {
      for (let turn = 0; turn < contenders.length; turn++) {
        const index = (first + turn) % contenders.length;
        const { wall, cpu } = await timeOnce(contenders[index]!);
        times[index]!.wall.push(wall);
        if (cpu !== undefined) times[index]!.cpu.push(cpu);
      }
      first++;
    },
    minRounds,
    moreSeconds,
  );
  return times;
}

async function timeOnce(contender: Contender): Promise<{ wall: number; cpu: number | undefined }> {
  const cpuBefore = readCpuTime(contender);
  const start = performance.now();
  await contender.run();
  const wall = performance.now() - start;
  const cpuAfter = readCpuTime(contender);
  return { wall, cpu: cpuAfter && cpuAfter - cpuBefore! };
}

function readCpuTime(contender: Contender): number | undefined {
  if (contender.elsewhere) return contender.cpuTime?.();
  const used = globalThis.process?.cpuUsage?.();
  return used && (used.user + used.system) / 1000;
}

/** Lets benchmark.js repeat `round`, one call a sample, at least `minRounds` times and then for about `moreSeconds`. */
function repeat(round: () => Promise<void>, minRounds: number, moreSeconds: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let failure: unknown;
    const play = (deferred: { resolve(): void }): void => {
      round()
        .catch((error: unknown) => {
          failure ??= error;
          benchmark.abort();
        })
        .finally(() => deferred.resolve());
    };
    const benchmark = new Benchmark('round', {
      defer: true,
      async: true,
      initCount: 1,
      minSamples: minRounds,
      maxTime: moreSeconds,
      minTime: Number.MIN_VALUE, // one round a sample: benchmark.js would else put several into one
      // Bound, because benchmark.js pastes the text of a plain function into code of its own, without its scope.
      fn: play.bind(undefined),
    });
    benchmark.on('abort complete', () => (failure === undefined ? resolve() : reject(failure)));
    benchmark.run();
  });
}

/**
 * Whether two lists of times differ by more than chance (Mann–Whitney U as benchmark.js does it, 5 %): −1, 0 or 1.
 * Of fewer than four each, even lists that do not overlap may be chance (3 and 3: 10 %), which benchmark.js overlooks.
 */
export function compareTimes(a: readonly number[], b: readonly number[]): number {
  if (Math.min(a.length, b.length) < 4) return 0;
  const [left, right] = [a, b].map((sample) => {
    const benchmark = new Benchmark(() => {});
    benchmark.stats.sample = [...sample];
    return benchmark;
  });
  return left!.compare(right!);
}
