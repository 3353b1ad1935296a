/** The start-up suite as people read it: both halves, and the two together. Pure. */
import { summarize } from '../statistics.ts';
import type { Summary } from '../statistics.ts';
import type { StartUp } from '../suites/start-up.ts';
import { barOfSeconds } from './chart.ts';
import type { Chart } from './chart.ts';
import { formatTable } from './table.ts';
import type { Circumstances } from './write.ts';

/** Milliseconds. */
interface StartUpRow {
  readonly what: string;
  readonly programs: number;
  readonly compile: Summary;
  readonly upload: Summary;
}

export function startUpRowsOf(results: readonly StartUp[]): StartUpRow[] {
  const add = (lists: readonly (readonly number[])[]): number[] =>
    lists[0]!.map((_, round) => lists.reduce((sum, list) => sum + list[round]!, 0));
  const together = {
    half: 'both',
    programs: results.reduce((sum, { programs }) => sum + programs, 0),
    compile: add(results.map(({ compile }) => compile)),
    upload: add(results.map(({ upload }) => upload)),
  };
  return [...results, together].map(({ half, programs, compile, upload }) => ({
    what: half,
    programs,
    compile: summarize(compile),
    upload: summarize(upload),
  }));
}

export function formatStartUp(rows: readonly StartUpRow[]): string {
  const heading = ['net', 'programs', 'compiled and drawn once, s', 'quartiles', 'weights packed and uploaded, s', 'n'];
  const seconds = (milliseconds: number): string => (milliseconds / 1e3).toFixed(2);
  const body = rows.map(({ what, programs, compile, upload }) => [
    what,
    String(programs),
    seconds(compile.median),
    `${seconds(compile.lowerQuartile)}–${seconds(compile.upperQuartile)}`,
    seconds(upload.median),
    String(compile.count),
  ]);
  return formatTable([heading, ...body]);
}

export function chartStartUp(rows: readonly StartUpRow[], { renderer, cores, date }: Circumstances): Chart {
  return {
    title: 'Getting the official dVAE ready at 256²',
    subtitle: `${renderer}, ${cores} cores, ${date}. Medians; the line spans the quartiles.`,
    axis: 'seconds (shorter is faster)',
    groups: rows.map(({ what, programs, compile, upload }) => ({
      label: `${what}, ${programs} programs`,
      bars: [barOfSeconds('programs', compile), barOfSeconds('weights', upload)],
    })),
  };
}
