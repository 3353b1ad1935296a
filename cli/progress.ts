/**
 * How far long work is. On a terminal one line with rate and time left, redrawn at most ten times a second and wiped
 * at the end; elsewhere, and in CI, a plain line for every tenth, but none for work that is quick.
 */
import type { Terminal } from './terminal.ts';

/** How to print an amount: bytes as MB, passes as they are. */
export type Unit = 'bytes' | 'passes' | 'tensors';

export interface ProgressOptions {
  readonly unit: Unit;
  readonly quiet?: boolean;
  /** Milliseconds that only grow; tests bring their own. */
  readonly now?: () => number;
}

export interface Progress {
  update(done: number, total: number): void;
  /** Wipes the line. Call it whatever happened. */
  end(): void;
}

const redrawMs = 100;
const plainMs = 2000;

export function startProgress(terminal: Terminal, label: string, options: ProgressOptions): Progress {
  if (options.quiet) return { update() {}, end() {} };
  const now = options.now ?? (() => performance.now());
  const { stderr, env } = terminal;
  const start = now();
  const describe = (done: number, total: number): string => {
    return `${label} ${formatProgress(done, total, (now() - start) / 1000, options.unit)}`;
  };
  if (stderr.isTTY && !env['CI']) return drawLine(stderr, describe, now);
  return printLines(stderr, describe, now, start);
}

type Describe = (done: number, total: number) => string;

function drawLine(stderr: Terminal['stderr'], describe: Describe, now: () => number): Progress {
  let drawn = -Infinity;
  return {
    update(done, total) {
      if (now() - drawn < redrawMs) return;
      drawn = now();
      // One less than the width: a full line would wrap and could not be wiped.
      stderr.write(`\r${describe(done, total).slice(0, (stderr.columns || 80) - 1)}\x1b[K`);
    },
    end() {
      if (drawn > -Infinity) stderr.write('\r\x1b[K');
    },
  };
}

function printLines(stderr: Terminal['stderr'], describe: Describe, now: () => number, start: number): Progress {
  let printed = start;
  let tenth = 0;
  return {
    update(done, total) {
      const reached = Math.floor((10 * done) / total);
      if (reached <= tenth || now() - printed < plainMs) return;
      tenth = reached;
      printed = now();
      stderr.write(`${describe(done, total)}\n`);
    },
    end() {},
  };
}

/** `45 %, 12.3 MB/s, 8 s left`. */
export function formatProgress(done: number, total: number, seconds: number, unit: Unit): string {
  const percent = `${Math.floor((100 * done) / total)} %`;
  if (done === 0 || seconds === 0) return percent;
  const rate = done / seconds;
  const speed = unit === 'bytes' ? `${(rate / 1e6).toFixed(1)} MB/s` : `${rate.toFixed(1)} ${unit}/s`;
  return `${percent}, ${speed}, ${formatSeconds((total - done) / rate)} left`;
}

/** `0.42 s`, `8.1 s`, `2 min 5 s`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 1) return `${seconds.toFixed(2)} s`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}
