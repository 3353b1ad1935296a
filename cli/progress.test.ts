import { expect, test } from 'vitest';
import { captureStream } from '../test/helpers/captured-terminal.ts';
import { formatProgress, formatSeconds, startProgress } from './progress.ts';
import type { Terminal } from './terminal.ts';
import { PassThrough } from 'node:stream';

interface Step {
  readonly ms: number;
  readonly done: number;
  readonly total?: number | undefined;
}

/** What is printed for work, of 100 units unless a step says otherwise, that is `done` at the given times. */
function show(
  steps: readonly Step[],
  options: { isTTY: boolean; quiet?: boolean; env?: Record<string, string> },
): string {
  const stderr = captureStream(options.isTTY);
  const signal = new AbortController().signal;
  const { stream } = captureStream();
  const terminal: Terminal = {
    stdin: new PassThrough(),
    stdout: stream,
    stderr: stderr.stream,
    env: options.env ?? {},
    signal,
  };
  let clock = 0;
  const { quiet = false } = options;
  const progress = startProgress(terminal, 'work', { unit: 'passes', quiet, now: () => clock });
  for (const step of steps) {
    clock = step.ms;
    progress.update(step.done, 'total' in step ? step.total : 100);
  }
  progress.end();
  return stderr.read().toString();
}

test('a terminal gets one line, redrawn at most ten times a second and wiped', () => {
  const steps = Array.from({ length: 100 }, (_, i) => ({ ms: 1000 + i * 10, done: i }));
  const drawn = show(steps, { isTTY: true }).split('\r').slice(1);
  expect(drawn).toHaveLength(11);
  expect(drawn[5]).toBe('work 50 %, 33.3 passes/s, 1.5 s left\x1b[K');
  expect(drawn.at(-1)).toBe('\x1b[K');
});

test('elsewhere a line for every tenth of long work, none for quick work', () => {
  const slow = Array.from({ length: 100 }, (_, i) => ({ ms: i * 500, done: i }));
  const lines = show(slow, { isTTY: false }).trim().split('\n');
  expect(lines).toHaveLength(9);
  expect(lines[0]).toBe('work 10 %, 2.0 passes/s, 45.0 s left');
  expect(
    show(
      slow.map(({ done }) => ({ ms: done, done })),
      { isTTY: false },
    ),
  ).toBe('');
});

test('where nobody knows how much is to come, a line every two seconds', () => {
  const steps = Array.from({ length: 10 }, (_, i) => ({ ms: i * 1000, done: i, total: undefined }));
  expect(show(steps, { isTTY: false }).trim().split('\n')).toHaveLength(4);
});

test('CI is no terminal, and --quiet is silent', () => {
  expect(show([{ ms: 100, done: 5 }], { isTTY: true, env: { CI: 'true' } })).toBe('');
  expect(show([{ ms: 9000, done: 50 }], { isTTY: false, quiet: true })).toBe('');
});

test('amounts in words', () => {
  expect(formatProgress(50e6, 100e6, 4, { unit: 'bytes' })).toBe('50 %, 12.5 MB/s, 4.0 s left');
  expect(formatProgress(0, 10, 4, { unit: 'bytes' })).toBe('0 %');
  expect(formatProgress(60e6, 100e6, 4, { unit: 'bytes', from: 20e6 })).toBe('60 %, 10.0 MB/s, 4.0 s left');
  expect(formatProgress(20e6, 100e6, 4, { unit: 'bytes', from: 20e6 })).toBe('20 %');
  expect(formatProgress(50e6, undefined, 4, { unit: 'bytes' })).toBe('50.0 MB, 12.5 MB/s');
  expect([0.256, 12.34, 125].map(formatSeconds)).toEqual(['0.26 s', '12.3 s', '2 min 5 s']);
});
