/** The profile suite as people read it: a table for each net, and a chart of the kinds of steps. Pure. */
import { PLAIN_LOOP } from '../suites/profile.ts';
import type { StepGroup } from '../suites/profile.ts';
import type { Chart } from './chart.ts';
import { formatTable } from './table.ts';
import type { Circumstances } from './write.ts';

export function formatProfiles(groups: readonly StepGroup[]): string {
  return byNet(groups)
    .map(([net, own]) => formatProfile(net, own))
    .join('\n\n');
}

function byNet(groups: readonly StepGroup[]): [net: string, groups: StepGroup[]][] {
  const names = [...new Set(groups.map(({ net }) => net))];
  return names.map((name) => [name, groups.filter(({ net }) => net === name)]);
}

function formatProfile(net: string, groups: readonly StepGroup[]): string {
  const body = groups.map(({ step, kernels, count, milliseconds, share, gigaflops }) => [
    step,
    kernels,
    String(count),
    milliseconds.toFixed(3),
    `${(100 * share).toFixed(1)} %`,
    ((1e3 * milliseconds) / count).toFixed(1),
    gigaflops > 0 ? gigaflops.toFixed(1) : '',
  ]);
  const total = groups.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const count = groups.reduce((sum, group) => sum + group.count, 0);
  const heading = [net, 'kernels', 'steps', 'ms', 'share', 'µs a step', 'GFLOP/s'];
  return formatTable([heading, ...body, ['all', '', String(count), total.toFixed(3), '', '', '']]);
}

/** Kinds of steps, in the order of the legend: the first whose pattern the kernels or the step have. */
const KINDS: readonly [kind: string, pattern: RegExp][] = [
  ['plain loops', new RegExp(PLAIN_LOOP)],
  ['products', /conv2d|linear|matmul|channel_best|product|winograd/],
  ['attention and caches', /attention|rows|token_shift|rotary/],
  ['all others', /./],
];

export function chartProfiles(groups: readonly StepGroup[], { renderer, date }: Circumstances): Chart {
  return {
    title: 'What takes the time of a net on the CPU',
    subtitle: `${renderer}, ${date}`,
    axis: '% of the time',
    groups: byNet(groups).map(([net, own]) => ({
      label: net,
      bars: KINDS.map(([kind]) => {
        const ofKind = own.filter((group) => kindOf(group) === kind);
        const value = 100 * ofKind.reduce((sum, { share }) => sum + share, 0);
        return { series: kind, value, low: value, high: value };
      }),
    })),
  };
}

function kindOf({ step, kernels }: StepGroup): string {
  return KINDS.find(([, pattern]) => pattern.test(`${step} ${kernels}`))![0];
}
