/**
 * Examples of the pages that import gpu.js: they type-check, run, and print what the page says they print, as
 * test/docs.test.ts has it for the others.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type ts from 'typescript';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  collectLog,
  createProgram,
  folderOf,
  listExamples,
  listProblems,
  writeExamples,
} from '../test/helpers/examples.ts';
import type { Example } from '../test/helpers/examples.ts';

const examples = listExamples('bench');
let workplace: string;
let program: ts.Program;

beforeAll(() => {
  workplace = mkdtempSync(join(tmpdir(), 'dalle-gl-docs-'));
  writeExamples('bench', examples);
  program = createProgram(examples.map(({ file }) => file));
});

afterAll(() => {
  rmSync(folderOf('bench'), { recursive: true, force: true });
  rmSync(workplace, { recursive: true, force: true });
});

const named = examples.map((example): [string, Example] => [example.name, example]);

test.each(named)('%s has the right types', (_, { file }) => {
  expect(listProblems(program, file)).toEqual([]);
});

test.each(named)('%s runs', async (_, { file, output }) => {
  const logged = await collectLog(file, workplace);
  if (output !== undefined) expect(logged).toBe(output);
});
