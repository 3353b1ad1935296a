/**
 * Where the time of a net goes on the CPU: each step of a plan timed by itself, equal ones together, and what computes
 * them as `explain` tells it. To wait after each step adds a few microseconds to it.
 */
import type { PassTiming, RunInputs } from '../../engine/index.ts';
import type { Compiled, Tensor } from '../../ops/index.ts';
import { median } from '../statistics.ts';

/** Steps of one op with one kind of work. */
export interface StepGroup {
  readonly net: string;
  readonly step: string;
  /** The kernels that compute one, and how many items threads share out. */
  readonly kernels: string;
  readonly count: number;
  /** Of all of them: each step's median over the runs. */
  readonly milliseconds: number;
  /** Of the time of the net. */
  readonly share: number;
  readonly gigaflops: number;
}

/** What `explain` says of a step without a kernel. */
export const PLAIN_LOOP = 'plain loop';

/** What is profiled: a plan, and numbers to run it on. */
export interface ProfiledNet {
  readonly name: string;
  readonly plan: Compiled<Tensor>;
  readonly inputs: RunInputs;
}

/** The groups of a net, those that take longest first. */
export async function measureProfile({ name, plan, inputs }: ProfiledNet, runs: number): Promise<StepGroup[]> {
  await plan.run(inputs);
  const timings: PassTiming[][] = [];
  for (let run = 0; run < runs; run++) timings.push(await plan.profile(inputs));
  const groups = new Map<string, Omit<StepGroup, 'net' | 'share' | 'gigaflops'> & { macs: number }>();
  explainSteps(plan.explain()).forEach(({ step, kernels }, index) => {
    const known = groups.get(step) ?? { step, kernels, count: 0, milliseconds: 0, macs: 0 };
    groups.set(step, {
      ...known,
      count: known.count + 1,
      milliseconds: known.milliseconds + median(timings.map((steps) => steps[index]!.milliseconds)),
      macs: known.macs + timings[0]![index]!.macs,
    });
  });
  const total = [...groups.values()].reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  return [...groups.values()]
    .map(({ macs, ...group }) => {
      const { milliseconds } = group;
      return { net: name, ...group, share: milliseconds / total, gigaflops: (2e-6 * macs) / milliseconds };
    })
    .sort((a, b) => b.milliseconds - a.milliseconds);
}

/** Each step of a plan and its kernels, in order. */
function explainSteps(explained: string): { step: string; kernels: string }[] {
  return explained.split('\n').flatMap((line) => {
    const [, step, kernels] = /^\d+\. ([^:]*): (.*)$/.exec(line) ?? [];
    return step === undefined ? [] : [{ step, kernels: kernels! }];
  });
}
