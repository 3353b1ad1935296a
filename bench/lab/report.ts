/** Measurements of one task as people read them. Ratios are of paired rounds, against the version marked as ours. Pure. */
import { formatTable } from '../report/table.ts';
import { pairedSpeedup, summarize } from '../statistics.ts';
import type { Measurement } from './measure.ts';
import type { Task } from './version.ts';

/** @param measurements of one `measureTask`, so that rounds can be paired */
export function formatMeasurements({ label, macs }: Task, measurements: readonly Measurement[]): string {
  const first = measurements[0]!;
  const heading = [
    label,
    'median ms',
    'quartiles',
    'GFLOP/s',
    'fetches',
    'per MAC',
    'ns/fetch',
    '× v1',
    '× before',
    'error/bound',
  ];
  const body = measurements.map(({ version, fetches, wall, errorRatio }, index) => {
    const { median, lowerQuartile, upperQuartile } = summarize(wall);
    const before = measurements[Math.max(index - 1, 0)]!;
    return [
      version.name,
      median.toFixed(2),
      `${lowerQuartile.toFixed(2)}–${upperQuartile.toFixed(2)}`,
      macs > 0 ? ((2 * macs) / (median * 1e6)).toFixed(2) : '',
      `${(fetches / 1e6).toFixed(2)} M`,
      macs > 0 ? (fetches / macs).toFixed(4) : '',
      ((median * 1e6) / fetches).toFixed(2),
      pairedSpeedup(wall, first.wall).toFixed(2),
      pairedSpeedup(wall, before.wall).toFixed(2),
      errorRatio.toFixed(3),
    ];
  });
  const reasons = measurements.map(({ version }) => `${version.name}: ${version.why}`);
  return `${formatTable([heading, ...body])}\n\n${reasons.join('\n')}\n`;
}
