/**
 * Puts what a suite found beside its predecessors: `results/<date>-<renderer>-<suite>.json` and a picture as `.svg`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { drawChart } from './chart.ts';
import type { Chart } from './chart.ts';
import { drawPlot } from './plot.ts';
import type { Plot } from './plot.ts';

/** The machine and the moment, as every report tells them. */
export interface Circumstances {
  readonly date: string;
  readonly renderer: string;
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  /** That every engine was given which lets itself be told. */
  readonly threads?: number;
  /** Runnable processes on average over the last minute, when the suite began: above 1 or so, others were at work. */
  readonly load: number;
}

export function describeCircumstances(renderer: string, threads?: number): Circumstances {
  const cpus = os.cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    renderer,
    node: process.version,
    cpu: cpus[0]?.model ?? 'unknown',
    cores: cpus.length,
    ...(threads !== undefined && { threads }),
    load: Math.round(os.loadavg()[0]! * 10) / 10,
  };
}

/** Writes both files into `folder` and returns their common path without extension. */
export function writeResult(
  folder: string,
  suite: string,
  circumstances: Circumstances,
  rows: readonly object[],
  picture: Chart | Plot,
): string {
  const renderer = circumstances.renderer.toLowerCase().match(/[a-z][a-z0-9]+/)?.[0] ?? 'unknown';
  const path = `${folder}/${circumstances.date}-${renderer}-${suite}`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${path}.json`, `${JSON.stringify({ suite, circumstances, rows }, roundNumbers, 2)}\n`);
  writeFileSync(`${path}.svg`, 'lines' in picture ? drawPlot(picture) : drawChart(picture));
  return path;
}

/** Four digits: more would be noise. */
function roundNumbers(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(4)) : value;
}
