/**
 * Measurements of one task as people read them. Ratios are medians of paired rounds, so others on the machine matter
 * less. Pure.
 */
import { formatTable } from '../report/table.ts';
import { pairedSpeedup, summarize } from '../statistics.ts';
import type { Measurement } from './measure.ts';
import type { Task } from './version.ts';

const heading = [
  'median ms',
  'quartiles',
  'CPU ms',
  'GFLOP/s',
  'M fetches',
  'per MAC',
  'ns/fetch',
  '× naive',
  '× engine',
  '× CPU',
  'error/bound',
];

/** @param measurements of one `measureTask`, so that rounds can be paired; the first is the naive version's */
export function formatMeasurements(task: Task, measurements: readonly Measurement[]): string {
  const engine = measurements.find(({ version }) => version.isEngineDefault) ?? measurements[0]!;
  const body = measurements.map((measurement) => formatRow(task, measurement, measurements[0]!, engine));
  const reasons = measurements.map(({ version }) => `${version.name}: ${version.why}`);
  return `${formatTable([[task.label, ...heading], ...body])}\n\n${reasons.join('\n')}\n`;
}

function formatRow({ macs }: Task, measurement: Measurement, naive: Measurement, engine: Measurement): string[] {
  const { version, fetches, wall, cpu, errorRatio } = measurement;
  const { median, lowerQuartile, upperQuartile } = summarize(wall);
  return [
    `${version.name}${measurement === engine ? ' *' : ''}`,
    median.toFixed(2),
    `${lowerQuartile.toFixed(2)}–${upperQuartile.toFixed(2)}`,
    summarize(cpu).median.toFixed(1),
    macs > 0 ? ((2 * macs) / (median * 1e6)).toFixed(2) : '',
    (fetches / 1e6).toFixed(2),
    macs > 0 ? (fetches / macs).toFixed(4) : '',
    ((median * 1e6) / fetches).toFixed(2),
    pairedSpeedup(wall, naive.wall).toFixed(2),
    pairedSpeedup(wall, engine.wall).toFixed(2),
    pairedSpeedup(cpu, engine.cpu).toFixed(2),
    errorRatio.toFixed(3),
  ];
}
