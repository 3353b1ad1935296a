/** The time of a plan without inputs, for whoever compares devices or kernels. */
import type { compile } from './compile.ts';

/** For how long a plan is run: so often at least, and until so many milliseconds are over [0]. */
interface Patience {
  readonly runs: number;
  readonly milliseconds?: number;
}

/**
 * Milliseconds of the quickest run, after a first one, which compiles and is much slower than the next. The plan is
 * disposed.
 */
export async function timeRuns(
  plan: ReturnType<typeof compile>,
  { runs, milliseconds = 0 }: Patience,
): Promise<number> {
  try {
    await plan.run({});
    const begun = performance.now();
    let least = Infinity;
    for (let run = 0; run < runs || performance.now() - begun < milliseconds; run++) {
      const start = performance.now();
      await plan.run({});
      least = Math.min(least, performance.now() - start);
    }
    return least;
  } finally {
    plan.dispose();
  }
}
