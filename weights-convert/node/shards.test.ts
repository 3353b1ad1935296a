/** Sharded checkpoints: written alike every time, read back whole, and refused where index and shards do not agree. */
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sourceFromBlob, sourceFromBytes } from '../byte-source.ts';
import { inspectFile } from '../inspect/inspect-file.ts';
import { openModel } from '../model-folder/open-model.ts';
import { openCheckpoint } from '../open-weights.ts';
import { convertToModelFolder } from './convert.ts';
import { openFileSource } from './file-source.ts';
import { openModelFolder } from './open-model-folder.ts';

const encoder = fileURLToPath(new URL('../../test/golden/hidden-4/encoder.zip.channels-last.pkl', import.meta.url));
const index = 'encoder.safetensors.index.json';
const limit = 20_000;
const scratch = mkdtempSync(join(tmpdir(), 'dalle-gl-shards-'));
const sharded = join(scratch, 'sharded');
const whole = join(scratch, 'whole');
let out = '';
let run = 0;

beforeAll(async () => {
  await convertToModelFolder({ sources: [encoder], out: sharded, shardBytes: limit, verify: true });
  await convertToModelFolder({ sources: [encoder], out: whole });
});
beforeEach(() => {
  out = join(scratch, `${++run}`);
});
afterAll(() => rmSync(scratch, { recursive: true }));

function hashes(folder: string): Record<string, string> {
  const sha256 = (name: string): string =>
    createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex');
  return Object.fromEntries(readdirSync(folder).map((name) => [name, sha256(name)]));
}

/** A copy of the sharded folder that may be damaged. */
function copySharded(): string {
  mkdirSync(out);
  for (const name of readdirSync(sharded)) copyFileSync(join(sharded, name), join(out, name));
  return out;
}

function shardNames(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.safetensors'))
    .sort();
}

function editIndex(folder: string, edit: (map: Record<string, string>) => void): void {
  const value = JSON.parse(readFileSync(join(folder, index), 'utf8'));
  edit(value.weight_map);
  writeFileSync(join(folder, index), JSON.stringify(value));
}

async function openIndex(folder: string): Promise<string[]> {
  const source = await openFileSource(join(folder, index));
  try {
    const [weights] = await openCheckpoint(source);
    await weights!.close();
    return [...weights!.tensors.keys()];
  } finally {
    await source.close();
  }
}

describe('written', () => {
  test('in files below the limit, with an index and a manifest that lists all', async () => {
    const names = shardNames(sharded);
    const pad = String(names.length).padStart(5, '0');
    expect(names.length).toBeGreaterThan(3);
    expect(names[0]).toBe(`encoder-00001-of-${pad}.safetensors`);
    for (const name of names) expect(statSync(join(sharded, name)).size).toBeLessThanOrEqual(limit);
    const { manifest, close } = await openModelFolder(sharded);
    await close();
    expect(manifest.parts.encoder!.files.map(({ name }) => name)).toEqual([...names, index]);
    const found = hashes(sharded);
    for (const { name, sha256, bytes } of manifest.parts.encoder!.files) {
      expect([sha256, bytes]).toEqual([found[name], statSync(join(sharded, name)).size]);
    }
    const { metadata, weight_map } = JSON.parse(readFileSync(join(sharded, index), 'utf8'));
    expect(metadata.total_size).toBe(68_100);
    expect(Object.keys(weight_map)).toHaveLength(106);
  });

  test('twice, with the same bytes; the report counts them', async () => {
    const report = await convertToModelFolder({ sources: [encoder], out, shardBytes: limit });
    expect(hashes(out)).toEqual(hashes(sharded));
    const { files } = report.parts[0]!;
    expect(report.bytes).toBe(files.reduce((sum, { bytes }) => sum + bytes, 0));
    const dry = await convertToModelFolder({ sources: [encoder], out: `${out}-dry`, shardBytes: limit, dryRun: true });
    expect(dry.bytes).toBe(report.bytes);
  });

  test('a tensor larger than the limit has a file to itself; what fits is one file without an index', async () => {
    await convertToModelFolder({ sources: [encoder], out, shardBytes: 1 });
    expect(shardNames(out)).toHaveLength(106);
    await convertToModelFolder({ sources: [encoder], out: `${out}-one`, shardBytes: 10 ** 9 });
    expect(hashes(`${out}-one`)).toEqual(hashes(whole));
  });

  test('over a model of other files, which go', async () => {
    copySharded();
    writeFileSync(join(out, 'encoder-notes.safetensors'), 'mine');
    await convertToModelFolder({ sources: [encoder], out, force: true });
    expect(readdirSync(out).sort()).toEqual(['encoder-notes.safetensors', 'encoder.safetensors', 'model.json']);
    await convertToModelFolder({ sources: [encoder], out, force: true, shardBytes: limit });
    expect(existsSync(join(out, 'encoder.safetensors'))).toBe(false);
  });
});

describe('read', () => {
  test('by the name of the index, to the same model; its hash covers index and shards', async () => {
    const report = await convertToModelFolder({ sources: [join(sharded, index)], out, verify: true });
    expect(hashes(out)['encoder.safetensors']).toBe(hashes(whole)['encoder.safetensors']);
    const { source, container } = report.parts[0]!;
    const all = createHash('sha256');
    for (const name of [index, ...shardNames(sharded)]) all.update(readFileSync(join(sharded, name)));
    expect(container).toBe('safetensors-index');
    expect(source).toMatchObject({ name: index, sha256: all.digest('hex') });
  });

  test('from Blobs, as in a browser', async () => {
    const open = async (name: string) => sourceFromBlob(new Blob([readFileSync(join(sharded, name))]), name);
    const model = await openModel(open);
    const plain = await openModelFolder(whole);
    for (const [name, tensor] of plain.encoder!.tensors) {
      expect(await model.encoder!.tensors.get(name)!.read()).toEqual(await tensor.read());
    }
    await plain.close();
    await model.close();
  });

  test('by inspect, each tensor with its shard', async () => {
    const source = await openFileSource(join(sharded, index));
    const { inspection, failure } = await inspectFile(source);
    await source.close();
    expect(failure).toBeUndefined();
    expect(inspection).toMatchObject({ container: 'safetensors-index', refusal: null });
    expect(inspection.tensors.items).toHaveLength(106);
    expect(inspection.tensors.items[0]!.storage).toBe(shardNames(sharded)[0]);
  });
});

describe('refused', () => {
  test('a shard that is missing, with what to do', async () => {
    rmSync(join(copySharded(), shardNames(sharded)[1]!));
    await expect(openIndex(out)).rejects.toMatchObject({
      code: 'E_FILE_MISSING',
      message: expect.stringMatching(/names the shard encoder-00002.*fetch that file too/),
    });
    await expect(openModelFolder(out)).rejects.toMatchObject({ code: 'E_FILE_MISSING' });
  });

  test.each<[string, string, (map: Record<string, string>) => void]>([
    ['E_ST_SHARD', 'a tensor that is in another shard', (map) => (map['blocks.input.w'] = shardNames(sharded)[0]!)],
    ['E_ST_SHARD', 'a tensor that is in no shard', (map) => (map['blocks.more.w'] = shardNames(sharded)[0]!)],
    ['E_ST_SHARD', 'a tensor that it leaves out', (map) => delete map['blocks.input.w']],
    ['E_ST_SHARD', 'a path', (map) => (map['blocks.input.w'] = '../encoder.safetensors')],
    ['E_ST_SHARD', 'a path of another kind', (map) => (map['blocks.input.w'] = 'C:\\encoder.safetensors')],
    ['E_ST_SHARD', 'no tensors', (map) => Object.keys(map).forEach((name) => delete map[name])],
  ])('%s: an index with %s', async (code, _, edit) => {
    editIndex(copySharded(), edit);
    await expect(openIndex(out)).rejects.toMatchObject({ code });
  });

  test.each([
    ['E_ST_DUPLICATE', '{"weight_map":{"a":"x","a":"y"}}'],
    ['E_ST_DUPLICATE', '{"weight_map":{"a":"x"},"weight_map":{}}'],
    ['E_ST_JSON', '{"weight_map":["a"]}'],
    ['E_ST_JSON', '{"weight_map":{"a":1}}'],
    ['E_ST_JSON', '{"weight_map":{"a":"x"},"more":1}'],
    ['E_ST_JSON', '{"weight_map":{"a":"x"}}x'],
    ['E_ST_JSON', `{"weight_map":{"a":"x"},"metadata":{"deep":${'['.repeat(100_000)}`],
    ['E_ST_HEADER', '{"weight_map":{"a":"x"}}'],
  ])('%s: %s', async (code, text) => {
    const openSibling = async () => sourceFromBytes(Buffer.from('{'), 'x');
    const source = { ...sourceFromBytes(Buffer.from(text), index), openSibling };
    await expect(openCheckpoint(source)).rejects.toMatchObject({ code });
  });

  test('an index from which no shard can be reached', async () => {
    await expect(openCheckpoint(sourceFromBytes(Buffer.from('{"weight_map":{}}'), index))).rejects.toMatchObject({
      code: 'E_ST_SHARD',
      message: expect.stringContaining('openModel'),
    });
  });

  test('a manifest whose index names a file that it does not list', async () => {
    const manifest = JSON.parse(readFileSync(join(copySharded(), 'model.json'), 'utf8'));
    manifest.parts.encoder.files.splice(1, 1);
    writeFileSync(join(out, 'model.json'), JSON.stringify(manifest));
    await expect(openModelFolder(out)).rejects.toMatchObject({ code: 'E_MODEL_MANIFEST' });
    manifest.parts.encoder.files.pop();
    writeFileSync(join(out, 'model.json'), JSON.stringify(manifest));
    await expect(openModelFolder(out)).rejects.toMatchObject({ code: 'E_MODEL_MANIFEST' });
  });
});
