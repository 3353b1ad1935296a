/**
 * The hash suite as people read it: what comparing a model with its hashes adds, for a gigabyte and in per cent. Pure.
 */
import { median, summarize, type Summary } from '../statistics.ts';
import type { HashCost } from '../suites/hash.ts';
import { barOfSeconds } from './chart.ts';
import type { Chart } from './chart.ts';
import { formatTable } from './table.ts';
import type { Circumstances } from './write.ts';

/** Milliseconds. */
interface HashRow {
  readonly where: string;
  readonly what: string;
  readonly bytes: number;
  readonly wall: Summary;
  readonly cpu: Summary;
  /** What it takes longer than without hashing: medians of the differences within rounds. */
  readonly added?: {
    /** Seconds for each 10^9 bytes, by the clock. */
    readonly wallPerGB: number;
    /** The same of all cores together. */
    readonly cpuPerGB: number;
    /** Per cent of the time without. */
    readonly percent: number;
    readonly cpuPercent: number;
  };
}

export function hashRowsOf(costs: readonly HashCost[]): HashRow[] {
  return costs.map(({ where, what, bytes, wall, cpu, bare }) => ({
    where,
    what,
    bytes,
    wall: summarize(wall),
    cpu: summarize(cpu),
    ...(bare && {
      added: {
        wallPerGB: medianDifference(wall, bare.wall) / 1e3 / (bytes / 1e9),
        cpuPerGB: medianDifference(cpu, bare.cpu) / 1e3 / (bytes / 1e9),
        percent: (100 * medianDifference(wall, bare.wall)) / median(bare.wall),
        cpuPercent: (100 * medianDifference(cpu, bare.cpu)) / median(bare.cpu),
      },
    }),
  }));
}

function medianDifference(times: readonly number[], bare: readonly number[]): number {
  return median(times.map((time, round) => time - bare[round]!));
}

export function formatHashes(rows: readonly HashRow[]): string {
  const heading = ['where, what', 'MB', 's', 'quartiles', 'CPU s', 'n', '+ s/GB', '+ CPU s/GB', '+ %', '+ CPU %'];
  const seconds = (milliseconds: number): string => (milliseconds / 1e3).toFixed(2);
  const body = rows.map(({ where, what, bytes, wall, cpu, added }) => [
    `${where}: ${what}`,
    (bytes / 1e6).toFixed(0),
    seconds(wall.median),
    `${seconds(wall.lowerQuartile)}–${seconds(wall.upperQuartile)}`,
    seconds(cpu.median),
    String(wall.count),
    added?.wallPerGB.toFixed(2) ?? '',
    added?.cpuPerGB.toFixed(2) ?? '',
    added?.percent.toFixed(1) ?? '',
    added?.cpuPercent.toFixed(1) ?? '',
  ]);
  return formatTable([heading, ...body]);
}

export function chartHashes(rows: readonly HashRow[], { renderer, cores, date }: Circumstances): Chart {
  return {
    title: 'Opening a model and reading its weights, with and without comparing hashes',
    subtitle: `${renderer}, ${cores} cores, ${date}. Medians; the line spans the quartiles.`,
    axis: 'seconds (shorter is faster)',
    groups: rows.map(({ where, what, wall, cpu }) => ({
      label: `${where}: ${what}`,
      bars: [barOfSeconds('by the clock', wall), barOfSeconds('CPU time of all cores', cpu)],
    })),
  };
}
