/**
 * Where the time of a net goes on the CPU: each step of a plan timed by itself, equal ones together, and those that run
 * by a plain loop marked.
 */
import type { Compiled, PassTiming, Tensor } from '../../../ops/index.ts';
import { median } from '../../statistics.ts';
import { formatTable } from '../../report/table.ts';
import type { RunInputs } from '../../../engine/index.ts';

/** Steps of one op with one kind of work. */
export interface StepGroup {
  readonly step: string;
  /** What computes it. */
  readonly kernel: string;
  readonly count: number;
  /** Of all of them: each step's median over the runs. */
  readonly milliseconds: number;
  readonly share: number;
  readonly gigaflops: number;
}

/** What `explain` says of a step by its plain loop. */
export const PLAIN_LOOP = 'plain loop';

/** @param runs how often each step is timed */
export async function profilePlan(plan: Compiled<Tensor>, inputs: RunInputs, runs: number): Promise<StepGroup[]> {
  await plan.run(inputs);
  const timings: PassTiming[][] = [];
  for (let run = 0; run < runs; run++) timings.push(await plan.profile(inputs));
  const groups = new Map<string, Omit<StepGroup, 'share' | 'gigaflops'> & { macs: number }>();
  explainSteps(plan).forEach(({ step, kernel }, index) => {
    const known = groups.get(step) ?? { step, kernel, count: 0, milliseconds: 0, macs: 0 };
    groups.set(step, {
      ...known,
      count: known.count + 1,
      milliseconds: known.milliseconds + median(timings.map((steps) => steps[index]!.milliseconds)),
      macs: known.macs + timings[0]![index]!.macs,
    });
  });
  const total = [...groups.values()].reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  return [...groups.values()]
    .map(({ macs, ...group }) => ({
      ...group,
      share: group.milliseconds / total,
      gigaflops: (2e-6 * macs) / group.milliseconds,
    }))
    .sort((a, b) => b.milliseconds - a.milliseconds);
}

/** Each step of a plan and the kernels that `explain` names, in order. */
function explainSteps(plan: Compiled<Tensor>): { step: string; kernel: string }[] {
  return plan
    .explain()
    .split('\n')
    .flatMap((line) => {
      const [, step, kernel] = /^\d+\. (.*): (.*)$/.exec(line) ?? [];
      return step === undefined ? [] : [{ step, kernel: kernel! }];
    });
}

export function formatProfile(title: string, groups: readonly StepGroup[]): string {
  const total = groups.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const body = groups.map(({ step, kernel, count, milliseconds, share, gigaflops }) => [
    step,
    kernel,
    String(count),
    milliseconds.toFixed(3),
    `${(100 * share).toFixed(1)} %`,
    ((1e3 * milliseconds) / count).toFixed(1),
    gigaflops > 0 ? gigaflops.toFixed(1) : '',
  ]);
  const steps = groups.reduce((sum, { count }) => sum + count, 0);
  const heading = [title, 'kernels', 'steps', 'ms', 'share', 'µs a step', 'GFLOP/s'];
  return formatTable([heading, ...body, ['all', '', String(steps), total.toFixed(3), '', '', '']]);
}
