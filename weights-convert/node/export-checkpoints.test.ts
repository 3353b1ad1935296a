/**
 * Model folders written back as PyTorch checkpoints: our own reader finds the same nets with the same bits, and so does
 * PyTorch, where this machine has it (corpus/check_export.py).
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { NET_PARTS } from '../../nets/net-kinds.ts';
import { openWeights } from '../open-weights.ts';
import type { Weights } from '../../nets/weights.ts';
import { convertToModelFolder } from './convert.ts';
import { exportCheckpoints } from './export-checkpoints.ts';
import { openFileSource } from './file-source.ts';
import { openModelFolder } from './open-model-folder.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const shipped = join(root, 'models/emoji');
const scratch = mkdtempSync(join(tmpdir(), 'dalle-gl-export-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const python = '/usr/bin/python3';
const hasTorch = spawnSync(python, ['-c', 'import torch']).status === 0;

async function expectSame(got: Weights, wanted: Weights): Promise<void> {
  expect(got.architecture).toEqual(wanted.architecture);
  expect([...got.tensors.keys()]).toEqual([...wanted.tensors.keys()]);
  for (const [name, tensor] of wanted.tensors) {
    const copy = got.tensors.get(name)!;
    expect([copy.dtype, copy.shape], name).toEqual([tensor.dtype, tensor.shape]);
    expect(Buffer.from((await copy.read()).buffer).equals(Buffer.from((await tensor.read()).buffer)), name).toBe(true);
  }
}

async function expectRoundTrip(folder: string, out: string): Promise<void> {
  const exported = await exportCheckpoints({ folder, out });
  const model = await openModelFolder(folder);
  expect(exported.map(({ part }) => part)).toEqual(NET_PARTS.filter((part) => model[part]));
  for (const { part, name, bytes } of exported) {
    expect(readFileSync(join(out, name)).length).toBe(bytes);
    const weights = await openWeights(await openFileSource(join(out, name)));
    await expectSame(weights, model[part]!);
    await weights.close();
  }
  await model.close();
}

test('the emoji model, in halves', async () => {
  const out = join(scratch, 'deep', 'emoji');
  await expectRoundTrip(shipped, out);
  expect(readdirSync(out).sort()).toEqual(['decoder.pt', 'encoder.pt', 'transformer.pt']);
});

test.each(['plain.pt', 'version-0.14.pt'])('a transformer of DALLE-pytorch, %s', async (name) => {
  const folder = join(scratch, `model-${name}`);
  await convertToModelFolder({ sources: [join(root, 'weights-convert/corpus/dalle-pytorch', name)], out: folder });
  await expectRoundTrip(folder, join(scratch, `out-${name}`));
});

test('twice gives the same bytes, in the place of what was there', async () => {
  const out = join(scratch, 'twice');
  const [first] = await exportCheckpoints({ folder: shipped, out });
  writeFileSync(join(out, 'encoder.pt'), 'old');
  const [second] = await exportCheckpoints({ folder: shipped, out, force: true });
  expect(second).toEqual(first);
  expect(readFileSync(join(out, 'encoder.pt')).length).toBe(first!.bytes);
});

describe('what fails leaves nothing', () => {
  test('an interruption', async () => {
    const out = join(scratch, 'interrupted', 'deep');
    const controller = new AbortController();
    const onBytes = (done: number): void => {
      if (done > 4_000_000) controller.abort();
    };
    const exporting = exportCheckpoints({ folder: shipped, out, onBytes, signal: controller.signal });
    await expect(exporting).rejects.toMatchObject({ code: 'E_ABORTED' });
    expect(existsSync(join(scratch, 'interrupted'))).toBe(false);
  });

  test('a folder without a net', async () => {
    const folder = join(scratch, 'empty');
    mkdirSync(folder);
    writeFileSync(join(folder, 'model.json'), '{"kind":"dalle-gl-model","formatVersion":1,"parts":{}}');
    const exporting = exportCheckpoints({ folder, out: join(scratch, 'none') });
    await expect(exporting).rejects.toMatchObject({ code: 'E_PART_MISSING' });
    expect(existsSync(join(scratch, 'none'))).toBe(false);
  });
});

test.each(['plain', 'shift-rotary', 'version-0.14'])('%s of DALLE-pytorch comes back as it was', async (name) => {
  const source = join(root, `weights-convert/corpus/dalle-pytorch/${name}.pt`);
  const [first, again] = ['first', 'again'].map((which) => join(scratch, `${name}-${which}`)) as [string, string];
  await convertToModelFolder({ sources: [source], out: first });
  const out = join(scratch, `${name}-exported`);
  await exportCheckpoints({ folder: first, out });
  await convertToModelFolder({ sources: [join(out, 'transformer.pt')], out: again });
  const [wanted, got] = [first, again].map((folder) => JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8')));
  expect(got.parts.transformer.architecture).toEqual(wanted.parts.transformer.architecture);
});

// Skipped by name where there is no PyTorch: the report says so.
test.skipIf(!hasTorch)('PyTorch opens every checkpoint, bit for bit', async () => {
  const folders: [string, string][] = [[shipped, join(scratch, 'torch-emoji')]];
  const plain = join(scratch, 'torch-plain');
  const source = join(root, 'weights-convert/corpus/dalle-pytorch/shift-rotary.pt');
  await convertToModelFolder({
    sources: [source, join(root, 'test/golden/hidden-4/encoder.zip.channels-last.pkl')],
    out: plain,
  });
  folders.push([plain, join(scratch, 'torch-plain-out')]);
  for (const [folder, out] of folders) {
    await exportCheckpoints({ folder, out });
    const check = join(root, 'weights-convert/corpus/check_export.py');
    const lines = execFileSync(python, [check, folder, out], { encoding: 'utf8' });
    expect(lines.match(/tensors, bit for bit/g)?.length).toBe(readdirSync(out).length);
    expect(lines).toContain('encoder: <All keys matched successfully>');
  }
});
