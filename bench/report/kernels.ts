/** The kernel suite as people read it: one line a contender, and a ratio for each peer. Pure. */
import { compareTimes } from '../harness.ts';
import type { Times } from '../harness.ts';
import { pairedSpeedup, summarize } from '../statistics.ts';
import type { Summary } from '../statistics.ts';
import type { BoundTimes, KernelResult } from '../suites/kernels.ts';
import type { Chart } from './chart.ts';
import { formatTable } from './table.ts';
import type { Circumstances } from './write.ts';

/** One contender at one workload, in numbers ready to print or store. Times in milliseconds. */
export interface KernelRow {
  readonly workload: string;
  readonly contender: string;
  readonly wall: Summary;
  readonly gflops: number;
  /** How many times as fast the first one is: by medians, by the median of paired rounds, by CPU time where known. */
  readonly speedup?: {
    readonly medians: number;
    readonly paired: number;
    readonly cpu?: number;
    readonly sure: boolean;
  };
  /**
   * Share of the arithmetic ceiling (on the CPU the median of the shares within rounds), and of the time that
   * its fetches alone would take.
   */
  readonly ceilingShare?: number;
  /** The first of them by CPU time, which others on the machine disturb least. */
  readonly ceilingShareCpu?: number;
  readonly fetchBoundShare?: number;
  /** What those shares are of. */
  readonly ceilings?: {
    readonly fmaGflops: number;
    readonly fetchNanoseconds?: number;
    /** Of WebAssembly. */
    readonly instructions?: string;
    readonly threads?: number;
  };
}

export function rowsOf(result: KernelResult): KernelRow[] {
  const { workload, macs, times } = result;
  return times.map((contender, index) => {
    const wall = summarize(contender.wall);
    const gflops = (2 * macs) / (wall.median * 1e6);
    return {
      workload,
      contender: contender.name,
      wall,
      gflops,
      ...(index > 0 && { speedup: speedupOf(times[0]!, contender) }),
      ...sharesOf(contender, result, gflops, wall.median),
    };
  });
}

function sharesOf(
  contender: BoundTimes,
  { macs, bounds: { webgl, multiplyAdds } }: KernelResult,
  gflops: number,
  milliseconds: number,
): Pick<KernelRow, 'ceilings' | 'ceilingShare' | 'ceilingShareCpu' | 'fetchBoundShare'> {
  const { bound, fetches } = contender;
  if (bound === 'wasm' && multiplyAdds) {
    const { perSecond: fmaGflops, instructions, threads, rounds } = multiplyAdds;
    const share = (own: readonly number[], ceiling: readonly number[]): number =>
      pairedSpeedup(own, ceiling) * ((2 * macs) / 1e9);
    return {
      ceilings: { fmaGflops, instructions, threads },
      ceilingShare: share(contender.wall, rounds.wall),
      ceilingShareCpu: share(contender.cpu, rounds.cpu),
    };
  }
  if (bound !== 'webgl' || !webgl) return {};
  const fetching = fetches && (fetches * webgl.fetchNanoseconds) / 1e6;
  return {
    ceilings: webgl,
    ceilingShare: gflops / webgl.fmaGflops,
    ...(fetching && { fetchBoundShare: fetching / milliseconds }),
  };
}

/** How many times as fast `ours` is as `theirs`, both from the same rounds. */
export function speedupOf(ours: Times, theirs: Times): NonNullable<KernelRow['speedup']> {
  const medianOf = (samples: readonly number[]): number => summarize(samples).median;
  return {
    medians: medianOf(theirs.wall) / medianOf(ours.wall),
    paired: pairedSpeedup(ours.wall, theirs.wall),
    ...(ours.cpu.length > 0 && theirs.cpu.length > 0 && { cpu: medianOf(theirs.cpu) / medianOf(ours.cpu) }),
    sure: compareTimes(ours.wall, theirs.wall) !== 0,
  };
}

export function formatKernels(rows: readonly KernelRow[]): string {
  const heading = [
    'workload',
    'engine',
    'median ms',
    'quartiles',
    'min',
    'n',
    'GFLOP/s',
    'FMA only',
    'share',
    'CPU share',
    'ns/fetch',
    'share',
    '× medians',
    '× paired',
    '× CPU',
  ];
  const percent = (share: number | undefined): string => (share === undefined ? '' : `${(100 * share).toFixed(0)} %`);
  const ratio = (value: number | undefined): string => (value === undefined ? '' : value.toFixed(2));
  const body = rows.map(
    ({ workload, contender, wall, gflops, speedup, ceilingShare, ceilingShareCpu, fetchBoundShare, ceilings }) => [
      workload,
      contender,
      wall.median.toFixed(1),
      `${wall.lowerQuartile.toFixed(1)}–${wall.upperQuartile.toFixed(1)}`,
      wall.min.toFixed(1),
      String(wall.count),
      gflops.toFixed(1),
      ceilings?.fmaGflops.toFixed(0) ?? '',
      percent(ceilingShare),
      percent(ceilingShareCpu),
      ceilings?.fetchNanoseconds?.toFixed(2) ?? '',
      percent(fetchBoundShare),
      ratio(speedup?.medians) + (speedup && !speedup.sure ? '?' : ''),
      ratio(speedup?.paired),
      ratio(speedup?.cpu),
    ],
  );
  return formatTable([heading, ...body]);
}

export function chartKernels(rows: readonly KernelRow[], { renderer, cores, date }: Circumstances): Chart {
  const workloads = [...new Set(rows.map(({ workload }) => workload))];
  return {
    title: 'Kernels of the dVAE, one machine, in turns',
    subtitle: `${renderer}, ${cores} cores, ${date}. Medians; the line spans the quartiles.`,
    axis: 'GFLOP/s (longer is faster)',
    groups: workloads.map((workload) => ({
      label: workload,
      bars: rows
        .filter((row) => row.workload === workload)
        .map(({ contender, gflops, wall }) => ({
          series: contender,
          value: gflops,
          low: (gflops * wall.median) / wall.upperQuartile,
          high: (gflops * wall.median) / wall.lowerQuartile,
        })),
    })),
  };
}
