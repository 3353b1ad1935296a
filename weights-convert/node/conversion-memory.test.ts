/**
 * Memory while files of the official size (390 MB) are converted, of the built converter in a process of its own: the
 * largest tensor and 64 MB, beyond what the program takes before it begins. In fact less: tensors are written in
 * pieces.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packageRoot } from '../../base/node/package-files.ts';
import { countElements } from '../torch/tensor-record.ts';
import { expectedTensors } from '../../nets/dvae/tensors.ts';
import { OFFICIAL_DECODER, OFFICIAL_ENCODER } from '../../nets/dvae/architecture.ts';

const built = join(packageRoot, 'dist/node.js');
const writer = join(packageRoot, 'dist/weights-convert/node/write-official-size.js');
const folder = mkdtempSync(join(tmpdir(), 'dalle-gl-memory-'));
const allowed = largestTensor() + 64 * 1024 * 1024;

/** In bytes. */
function largestTensor(): number {
  const shapes = [OFFICIAL_ENCODER, OFFICIAL_DECODER].flatMap((net) => [...expectedTensors(net).values()]);
  return 4 * Math.max(...shapes.map(countElements));
}

/** Runs a module's text in a process of its own and returns what it printed. */
function runModule(text: string): string {
  const flags = ['--disallow-code-generation-from-strings', '--input-type=module', '--eval', text];
  return execFileSync(process.execPath, flags, { encoding: 'utf8' });
}

beforeAll(() => {
  expect(existsSync(built), 'npm run build comes first').toBe(true);
  runModule(`
    const { writeOfficialSizePickles } = await import(${JSON.stringify(writer)});
    await writeOfficialSizePickles(${JSON.stringify(folder)});
  `);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

test.each(['{ verify: true }', '{ dtype: "f16", shardBytes: 64e6 }'])(
  'of a conversion with %s',
  (options) => {
    const grown = runModule(`
      const { convertToModelFolder } = await import(${JSON.stringify(built)});
      const before = process.resourceUsage().maxRSS;
      const sources = ['encoder', 'decoder'].map((part) => ${JSON.stringify(folder)} + '/' + part + '.pkl');
      await convertToModelFolder({ sources, out: ${JSON.stringify(folder)} + '/model', force: true, ...${options} });
      console.log(1024 * (process.resourceUsage().maxRSS - before));
    `);
    expect(Number(grown)).toBeLessThan(allowed);
  },
  120_000,
);
