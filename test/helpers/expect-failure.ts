/**
 * How every command fails: the exit code, one paragraph with a code, no stack trace, nothing on standard output, and
 * the folder as it was before.
 */
import { expect } from 'vitest';
import { runCaptured, type CapturedOptions } from './captured-terminal.ts';
import type { Workplace } from './workplace.ts';

export interface WantedFailure {
  readonly exitCode: number;
  readonly code: string;
  /** What a person must be told. */
  readonly says?: string | RegExp;
}

export async function expectFailure(
  place: Workplace,
  words: readonly string[],
  wanted: WantedFailure,
  options: CapturedOptions = {},
): Promise<void> {
  const before = place.list();
  const { exitCode, stdout, stderr } = await runCaptured(words, options);
  const paragraph = stderr.trim().split('\n').at(-1)!;
  expect(paragraph).toMatch(/^dalle-gl: .+ \(E_[A-Z0-9_]+\)$/);
  expect(paragraph).toContain(`(${wanted.code})`);
  expect(exitCode).toBe(wanted.exitCode);
  if (wanted.says) expect(paragraph).toMatch(wanted.says);
  expect(stderr).not.toContain('    at ');
  expect(stdout).toHaveLength(0);
  expect(place.list()).toEqual(before);
}
