/** Cold starts and the size of the package as people read them. Pure. */
import { summarize } from '../statistics.ts';
import type { Summary } from '../statistics.ts';
import type { ColdStart, PackageSize } from '../suites/cold-start.ts';
import { barOfSeconds } from './chart.ts';
import type { Chart } from './chart.ts';
import { speedupOf } from './kernels.ts';
import type { KernelRow } from './kernels.ts';
import { formatTable } from './table.ts';

/** Milliseconds. */
interface ColdRow {
  readonly what: string;
  readonly device: string;
  readonly wall: Summary;
  /** How many times as fast the first device is. */
  readonly speedup?: KernelRow['speedup'];
}

export function coldRowsOf(starts: readonly ColdStart[]): ColdRow[] {
  return starts.flatMap(({ what, times }) =>
    times.map((own, index) => ({
      what,
      device: own.name,
      wall: summarize(own.wall),
      ...(index > 0 && { speedup: speedupOf(times[0]!, own) }),
    })),
  );
}

export function formatColdStarts(rows: readonly ColdRow[]): string {
  const heading = ['process', 'device', 'median ms', 'quartiles', 'n', '× medians', '× paired'];
  const body = rows.map(({ what, device, wall, speedup }) => [
    what,
    device,
    wall.median.toFixed(0),
    `${wall.lowerQuartile.toFixed(0)}–${wall.upperQuartile.toFixed(0)}`,
    String(wall.count),
    speedup ? speedup.medians.toFixed(2) + (speedup.sure ? '' : '?') : '',
    speedup?.paired.toFixed(2) ?? '',
  ]);
  return formatTable([heading, ...body]);
}

export function formatPackage({ packed, unpacked, cpu }: PackageSize): string {
  const kilobytes = (bytes: number): string => `${(bytes / 1e3).toFixed(0)} kB`;
  return (
    `package: ${kilobytes(packed)} packed, ${kilobytes(unpacked)} unpacked; of these for the CPU device alone ` +
    `${kilobytes(cpu.packed)} and ${kilobytes(cpu.unpacked)} in ${cpu.files} files`
  );
}

/** A bar for each device, below those of another chart in seconds. */
export function addColdStarts(chart: Chart, rows: readonly ColdRow[]): Chart {
  const groups = rows.map(({ what, device, wall }) => ({
    label: `${what}, ${device}`,
    bars: [barOfSeconds('a cold process', wall)],
  }));
  return { ...chart, groups: [...chart.groups, ...groups] };
}
