/**
 * How far long work is. On a terminal one line with rate and time left, redrawn at most ten times a second and wiped
 * at the end; elsewhere, and in CI, a plain line for every tenth, but none for work that is quick.
 */
import { escapeHidden, type Terminal } from './terminal.ts';

/** How to print an amount: bytes as MB, passes as they are. */
type Unit = 'bytes' | 'passes' | 'tensors' | 'tokens' | 'pictures';

interface ProgressOptions {
  readonly unit: Unit;
  readonly quiet?: boolean;
  /** What was done before: it does not count for the rate [0]. */
  readonly from?: number;
  /** Milliseconds that only grow; tests bring their own. */
  readonly now?: () => number;
}

export interface Progress {
  /** `total` is undefined where nobody knows it. */
  update(done: number, total: number | undefined): void;
  /** Wipes the line. Call it whatever happened. */
  end(): void;
}

const redrawMs = 100;
const plainMs = 2000;

/** @param label what it is that takes long; a function where that changes */
export function startProgress(terminal: Terminal, label: string | (() => string), options: ProgressOptions): Progress {
  if (options.quiet) return { update() {}, end() {} };
  const now = options.now ?? (() => performance.now());
  const { stderr, env } = terminal;
  const start = now();
  const describe: Describe = (done, total) => {
    const words = typeof label === 'string' ? label : label();
    return escapeHidden(`${words} ${formatProgress(done, total, (now() - start) / 1000, options)}`);
  };
  if (stderr.isTTY && !env['CI']) return drawLine(stderr, describe, now);
  return printLines(stderr, describe, now, start);
}

type Describe = (done: number, total: number | undefined) => string;

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
      const reached = total === undefined ? Infinity : Math.floor((10 * done) / total);
      if (reached <= tenth || now() - printed < plainMs) return;
      if (total !== undefined) tenth = reached;
      printed = now();
      stderr.write(`${describe(done, total)}\n`);
    },
    end() {},
  };
}

/** `45 %, 12.3 MB/s, 8.0 s left`; without a total `97.0 MB, 12.3 MB/s`. */
export function formatProgress(
  done: number,
  total: number | undefined,
  seconds: number,
  { unit, from = 0 }: Pick<ProgressOptions, 'unit' | 'from'>,
): string {
  const reached = total === undefined ? formatAmount(done, unit) : `${Math.floor((100 * done) / total)} %`;
  if (done === from || seconds === 0) return reached;
  const rate = (done - from) / seconds;
  const left = total === undefined ? '' : `, ${formatSeconds((total - done) / rate)} left`;
  return `${reached}, ${formatAmount(rate, unit)}/s${left}`;
}

function formatAmount(amount: number, unit: Unit): string {
  return unit === 'bytes' ? `${(amount / 1e6).toFixed(1)} MB` : `${amount.toFixed(1)} ${unit}`;
}

/** `0.42 s`, `8.1 s`, `2 min 5 s`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 1) return `${seconds.toFixed(2)} s`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}
