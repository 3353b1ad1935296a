/** The dVAE suite as people read it: what is paid once, then the later runs as any kernel. Pure. */
import type { DvaeResult } from '../suites/dvae.ts';
import type { Chart } from './chart.ts';
import { formatKernels, rowsOf } from './kernels.ts';
import type { KernelRow } from './kernels.ts';
import { formatTable } from './table.ts';
import type { Circumstances } from './write.ts';

/** A row of later runs, with what came before them in milliseconds, and texture bytes. */
export type NetRow = KernelRow & {
  readonly prepare: number;
  readonly firstRun: number;
  readonly peakTextureBytes: number | undefined;
};

export function netRowsOf({ beginnings, later }: Pick<DvaeResult, 'beginnings' | 'later'>): NetRow[] {
  return rowsOf(later).map((row, index) => {
    const { prepare, firstRun, peakTextureBytes } = beginnings[index]!;
    return { ...row, prepare, firstRun, peakTextureBytes };
  });
}

export function formatNets(rows: readonly NetRow[]): string {
  const heading = ['net', 'engine', 'prepare s', 'first run s', 'later runs s', 'textures MiB'];
  const body = rows.map(({ workload, contender, prepare, firstRun, wall, peakTextureBytes }) => [
    workload,
    contender,
    (prepare / 1e3).toFixed(1),
    (firstRun / 1e3).toFixed(1),
    (wall.median / 1e3).toFixed(1),
    peakTextureBytes === undefined ? '' : (peakTextureBytes / 2 ** 20).toFixed(0),
  ]);
  return `${formatTable([heading, ...body])}\n\nlater runs:\n${formatKernels(rows)}`;
}

export function chartNets(rows: readonly NetRow[], { renderer, cores, date }: Circumstances): Chart {
  const nets = [...new Set(rows.map(({ workload }) => workload))];
  return {
    title: 'The official-size dVAE, end to end',
    subtitle: `${renderer}, ${cores} cores, ${date}. Medians of later runs; the line spans the quartiles.`,
    axis: 'seconds (shorter is faster)',
    groups: nets.map((net) => ({
      label: net,
      bars: rows
        .filter(({ workload }) => workload === net)
        .map(({ contender, wall }) => ({
          series: contender,
          value: wall.median / 1e3,
          low: wall.lowerQuartile / 1e3,
          high: wall.upperQuartile / 1e3,
        })),
    })),
  };
}
