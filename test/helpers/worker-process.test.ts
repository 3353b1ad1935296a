/** A process is left for a new one by what the system says of its memory: all of it, not JavaScript's alone. */
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { measureProcess } from './measure-process.ts';

test.runIf(process.platform === 'linux')('memory outside JavaScript counts', () => {
  const before = measureProcess(process.pid);
  const bytes = Buffer.alloc(200e6, 1);
  // Something else may be freed meanwhile.
  expect(measureProcess(process.pid) - before).toBeGreaterThan(bytes.length / 2);
});

test('a process of which nothing is known takes no further file', () => {
  expect(measureProcess(2 ** 30)).toBe(Infinity);
  expect(measureProcess(undefined)).toBe(Infinity);
});

test('a process has a cache of its own', () => {
  expect(process.env['DALLE_GL_CACHE']).toMatch(/dalle-gl-test-cache-\w+$/);
  expect(existsSync(process.env['DALLE_GL_CACHE']!)).toBe(true);
});
