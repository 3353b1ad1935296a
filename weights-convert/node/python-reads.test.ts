/**
 * Back to Python: what `convert` wrote is read by twenty lines over the public description of safetensors, and holds
 * bit for bit what PyTorch finds in the checkpoint (corpus/check_converted.py). Skipped by name where there is no
 * PyTorch.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { convertToModelFolder, type ConvertOptions } from './convert.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'dalle-gl-python-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const python = '/usr/bin/python3';
const hasTorch = spawnSync(python, ['-c', 'import torch']).status === 0;

const layouts: readonly [name: string, options: Partial<ConvertOptions>][] = [
  ['float32', {}],
  ['float16', { dtype: 'f16' }],
  ['shards of 20 kB', { shardBytes: 20_000 }],
];
const checkpoints = {
  encoder: join(root, 'test/golden/hidden-4/encoder.zip.channels-last.pkl'),
  decoder: join(root, 'test/golden/hidden-4/decoder.legacy.channels-last.pkl'),
  transformer: join(root, 'weights-convert/corpus/dalle-pytorch/plain.pt'),
};

test.skipIf(!hasTorch).each(layouts)('PyTorch agrees on %s', async (layout, options) => {
  const out = join(scratch, layout);
  const report = await convertToModelFolder({ sources: Object.values(checkpoints), out, ...options });
  const script = join(root, 'weights-convert/corpus/check_converted.py');
  const pairs = Object.entries(checkpoints).map(([part, path]) => `${part}=${path}`);
  const said = execFileSync(python, [script, out, ...pairs], { encoding: 'utf8' });
  for (const { name, tensors } of report.parts) {
    expect(said).toMatch(new RegExp(`^${name}: ${tensors} of \\d+ tensors, bit for bit$`, 'm'));
  }
});
