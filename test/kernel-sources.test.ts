/**
 * Kernels in AssemblyScript are read by no lint, since their decorators are no TypeScript, and are laid out by hand.
 * What can be counted of the rules of other files is counted here.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../base/node/package-files.ts';

const MOST_LINES = 300;
const MOST_COLUMNS = 120;
const MOST_HEADER_LINES = 10;

/** What is wrong with a file, in words. */
function findFaults(text: string): string[] {
  const lines = text.split('\n');
  const faults = lines.flatMap((line, index) => [
    ...(line.length > MOST_COLUMNS ? [`line ${index + 1} has ${line.length} columns`] : []),
    ...(/\s$/.test(line) ? [`line ${index + 1} ends in white space`] : []),
  ]);
  if (lines.length - 1 > MOST_LINES) faults.push(`${lines.length - 1} lines`);
  const header = /^\/\*\*[^]*?\*\//.exec(text)?.[0].split('\n').length ?? 0;
  if (header === 0 || header > MOST_HEADER_LINES) faults.push(`${header} lines of what it is, at its top`);
  if (!text.endsWith('\n') || text.endsWith('\n\n')) faults.push('does not end in one line break');
  return faults;
}

const files = readdirSync(join(packageRoot, 'ops'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.wasm.ts'))
  .sort();

test('there are kernels to look at', () => {
  expect(files).toContain(join('cpu', 'tile.wasm.ts'));
});

test.each(files)('%s', (file) => {
  expect(findFaults(readFileSync(join(packageRoot, 'ops', file), 'utf8'))).toEqual([]);
});

test('faults are found', () => {
  const long = `/** What. */\n${'x'.repeat(121)}\n${'y\n'.repeat(300)}`;
  expect(findFaults(long)).toEqual(['line 2 has 121 columns', '302 lines']);
  expect(findFaults('let a = 1; \n\n')).toEqual([
    'line 1 ends in white space',
    '0 lines of what it is, at its top',
    'does not end in one line break',
  ]);
});
