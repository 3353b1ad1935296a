/** The sizes suite as people read it: time per pixel at every shape, beside that of a reference, and a plot. Pure. */
import { pairedSpeedup, summarize } from '../statistics.ts';
import type { Summary } from '../statistics.ts';
import type { PictureShape, SizeResult } from '../suites/sizes.ts';
import type { Plot } from './plot.ts';
import { formatTable } from './table.ts';
import type { Circumstances } from './write.ts';

/** One half of a net at one shape. `wall` in milliseconds for the whole batch. */
interface SizeRow extends Omit<SizeResult, 'wall' | 'cpu'> {
  readonly wall: Summary;
  readonly nanosecondsPerPixel: number;
  /** Time per pixel over that of one picture at 256², round by round (median): 1 on a straight line through zero. */
  readonly perPixelToReference: number;
  /** The same by the CPU time of all cores. */
  readonly cpuPerPixelToReference: number;
}

/** The official size. */
const referenceSide = 256;

/** @param results of which each net and half has one picture at 256² */
export function sizeRowsOf(results: readonly SizeResult[]): SizeRow[] {
  return results.map((result) => {
    const reference = results.find(
      ({ net, half, batch, side }) =>
        net === result.net && half === result.half && batch === 1 && side === referenceSide,
    )!;
    const { wall, cpu, ...rest } = result;
    const summary = summarize(wall);
    const perPixel = pixelsOf(reference) / pixelsOf(result);
    return {
      ...rest,
      wall: summary,
      nanosecondsPerPixel: (1e6 * summary.median) / pixelsOf(result),
      perPixelToReference: perPixel * pairedSpeedup(reference.wall, wall),
      cpuPerPixelToReference: perPixel * pairedSpeedup(reference.cpu, cpu),
    };
  });
}

/** Of all pictures of a batch together. */
function pixelsOf({ batch, side }: PictureShape): number {
  return batch * side ** 2;
}

export function formatSizes(rows: readonly SizeRow[]): string {
  const heading = [
    'net',
    'half',
    'batch',
    'picture',
    'ms',
    'quartiles',
    'n',
    'ns/pixel',
    '× of 256²',
    '× CPU',
    'GMAC',
    'MiB',
  ];
  const body = rows.map((row) => [
    row.net,
    row.half,
    String(row.batch),
    `${row.side}²`,
    row.wall.median.toFixed(0),
    `${row.wall.lowerQuartile.toFixed(0)}–${row.wall.upperQuartile.toFixed(0)}`,
    String(row.wall.count),
    row.nanosecondsPerPixel.toFixed(0),
    row.perPixelToReference.toFixed(2),
    row.cpuPerPixelToReference.toFixed(2),
    (row.macs / 1e9).toFixed(1),
    (row.textureBytes / 2 ** 20).toFixed(0),
  ]);
  return formatTable([heading, ...body]);
}

/** A line for each net and half over pictures of growing size, and one over growing batches of the same size. */
export function plotSizes(rows: readonly SizeRow[], { renderer, cores, date }: Circumstances): Plot {
  const kinds = [...new Set(rows.map(({ net, half }) => `${net}, ${half}`))];
  return {
    title: 'Cost of a larger picture, and of more pictures',
    subtitle: `${renderer}, ${cores} cores, ${date}. Medians; bars span the quartiles.`,
    x: 'pixels of all pictures together',
    y: 'seconds (dashed: the same time for each pixel as at 256²)',
    lines: kinds.flatMap((kind) => {
      const own = rows.filter(({ net, half }) => `${net}, ${half}` === kind);
      const reference = own.find(({ batch, side }) => batch === 1 && side === referenceSide)!;
      const guide = reference.nanosecondsPerPixel / 1e9;
      const growing = own.filter(({ batch }) => batch === 1);
      const batchSide = own.find(({ batch }) => batch > 1)?.side;
      const batches = own.filter(({ side }) => side === batchSide);
      return [
        { name: `${kind}, one picture`, points: pointsOf(growing), guide },
        ...(batches.length > 0 ? [{ name: `${kind}, batches at ${batchSide}²`, points: pointsOf(batches) }] : []),
      ];
    }),
  };
}

function pointsOf(rows: readonly SizeRow[]): Plot['lines'][number]['points'] {
  return rows
    .toSorted((a, b) => pixelsOf(a) - pixelsOf(b))
    .map((row) => ({
      x: pixelsOf(row),
      y: row.wall.median / 1e3,
      low: row.wall.lowerQuartile / 1e3,
      high: row.wall.upperQuartile / 1e3,
      label: row.batch === 1 ? `${row.side}²` : `${row.batch} × ${row.side}²`,
    }));
}
