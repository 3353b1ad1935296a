/**
 * A page of commands does what it says: every `sh` block of it runs in order, in one folder, with `dalle-gl` as built,
 * and prints the `text` block after it, if there is one. The folder begins with nothing but `test/`. Needs `npm run
 * build`, which pretest does.
 */
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../base/node/package-files.ts';
import { listCodeBlocks } from './helpers/documents.ts';

const pages = ['docs/09-opening-a-pickle-safely.md'];

let folder: string;
let programs: string;

beforeAll(() => {
  programs = mkdtempSync(join(tmpdir(), 'dalle-gl-programs-'));
  const main = join(packageRoot, 'dist/cli/main.js');
  writeFileSync(join(programs, 'dalle-gl'), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`);
  chmodSync(join(programs, 'dalle-gl'), 0o755);
});
afterAll(() => rmSync(programs, { recursive: true }));

// npx runs the file itself, and does not mend what a build made anew.
test.runIf(process.platform !== 'win32')('the command that was built may be executed', () => {
  expect(statSync(join(packageRoot, 'dist/cli/main.js')).mode & 0o111).toBe(0o111);
});

/** What a block prints, on either stream, and how its last command ends. */
function runShell(script: string): Promise<{ readonly printed: string; readonly exitCode: number | null }> {
  const env = { ...process.env, PATH: `${programs}${delimiter}${process.env['PATH']}` };
  return new Promise((resolve) => {
    const child = execFile('bash', ['-c', `exec 2>&1\n${script}`], { cwd: folder, env }, (_, printed) => {
      resolve({ printed, exitCode: child.exitCode });
    });
  });
}

describe.each(pages)('%s', (page) => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'dalle-gl-shell-'));
    symlinkSync(join(packageRoot, 'test'), join(folder, 'test'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const blocks = listCodeBlocks(page);
  const scripts = blocks.flatMap(({ language, line, text }, index) => {
    // What takes half an hour, or needs a clone of its own, is for a person.
    if (language !== 'sh' || text.startsWith('npm ')) return [];
    const next = blocks[index + 1];
    return [[line, text, next?.language === 'text' ? next.text : undefined] as const];
  });

  test.each(scripts)('line %i', async (_, script, output) => {
    const { printed, exitCode } = await runShell(script);
    // Where nothing is shown, nothing went wrong.
    if (output === undefined) expect({ printed, exitCode }).toEqual({ printed: '', exitCode: 0 });
    else expect(printed).toBe(output);
  });
});
