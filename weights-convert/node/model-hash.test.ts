/** What model.json says of the bytes is compared with them: every file of every part, whatever part of it is read. */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeTinyDalle } from '../../test/helpers/tiny-dalle.ts';
import { smallCheckpoints } from '../../test/helpers/workplace.ts';
import { sourceFromBlob, sourceFromBytes, type ByteSource } from '../byte-source.ts';
import { openModel, type OpenFile } from '../model-folder/open-model.ts';
import { convertToModelFolder } from './convert.ts';
import { exportCheckpoints } from './export-checkpoints.ts';
import { openModelFolder } from './open-model-folder.ts';

const scratch = mkdtempSync(join(tmpdir(), 'dalle-gl-model-hash-'));
const whole = join(scratch, 'whole');
const sharded = join(scratch, 'sharded');
let run = 0;

beforeAll(async () => {
  await makeTinyDalle(whole);
  await convertToModelFolder({ sources: [smallCheckpoints().encoder], out: sharded, shardBytes: 20_000 });
});
afterAll(() => rmSync(scratch, { recursive: true }));

/** A copy of a folder, of which the last byte but one of a file has another bit. */
function damage(folder: string, name: string): string {
  const out = join(scratch, String(run++));
  mkdirSync(out);
  for (const file of readdirSync(folder)) copyFileSync(join(folder, file), join(out, file));
  const bytes = readFileSync(join(out, name));
  // Of a text another one that is as good JSON as before.
  if (name === 'tokenizer.json') bytes[bytes.indexOf('"1.0"') + 3] = 0x31;
  else if (name.endsWith('.json')) bytes[bytes.lastIndexOf('}') - 1] = 0x20;
  else bytes[bytes.length - 2]! ^= 1;
  writeFileSync(join(out, name), bytes);
  return out;
}

test.each([
  ['encoder.safetensors', 'the encoder'],
  ['decoder.safetensors', 'the decoder'],
  ['transformer.safetensors', 'the transformer'],
  ['tokenizer.json', 'the tokenizer'],
])('one other bit in %s', async (name, part) => {
  const folder = damage(whole, name);
  const [file] = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8')).parts[part.slice(4)].files;
  await expect(openModelFolder(folder)).rejects.toMatchObject({
    name: 'FormatError',
    code: 'E_MODEL_HASH',
    message: expect.stringMatching(
      new RegExp(`${name}, which holds ${part},.+begins [0-9a-f]{12}, and ${file.sha256.slice(0, 12)} was expected`),
    ),
  });
  const model = await openModelFolder(folder, undefined, { verify: false });
  await model.close();
});

test.each(['encoder-00001-of-00003.safetensors', 'encoder.safetensors.index.json'])('in shards: %s', async (name) => {
  const shard = readdirSync(sharded).find(
    (file) => file.startsWith(name.slice(0, 14)) && file.endsWith(name.slice(-5)),
  )!;
  const folder = damage(sharded, shard);
  await expect(openModelFolder(folder)).rejects.toMatchObject({
    code: 'E_MODEL_HASH',
    message: expect.stringContaining(`${shard}, which holds the encoder`),
  });
  await (await openModelFolder(folder, undefined, { verify: false })).close();
});

test('only what is opened is compared', async () => {
  const folder = damage(whole, 'transformer.safetensors');
  await (await openModelFolder(folder, ['encoder', 'decoder', 'tokenizer'])).close();
});

test('another folder for the same net is seen', async () => {
  const other = await makeTinyDalle(join(scratch, 'other'), 2);
  const folder = damage(whole, 'encoder.safetensors');
  copyFileSync(join(whole, 'encoder.safetensors'), join(folder, 'encoder.safetensors'));
  copyFileSync(join(other, 'transformer.safetensors'), join(folder, 'transformer.safetensors'));
  await expect(openModelFolder(folder)).rejects.toMatchObject({ code: 'E_MODEL_HASH' });
});

test('export writes no checkpoints of damaged weights', async () => {
  const folder = damage(whole, 'decoder.safetensors');
  const out = join(scratch, 'exported');
  await expect(exportCheckpoints({ folder, out })).rejects.toMatchObject({ code: 'E_MODEL_HASH' });
  expect(readdirSync(scratch)).not.toContain('exported');
  expect(await exportCheckpoints({ folder, out, verify: false })).toHaveLength(3);
});

test.each([
  ['no hash', ''],
  ['a short one', `"sha256": "abc"`],
  ['one in capitals', `"sha256": "${'A'.repeat(64)}"`],
  ['a number', `"sha256": 7`],
  ['a list', `"sha256": ["${'a'.repeat(64)}"]`],
])('a manifest with %s is none', async (_, text) => {
  const folder = damage(whole, 'decoder.safetensors');
  const path = join(folder, 'model.json');
  const manifest = readFileSync(path, 'utf8');
  const [field] = /"sha256": "[0-9a-f]{64}"/.exec(manifest)!;
  writeFileSync(
    path,
    text === '' ? manifest.replace(/,\s*"sha256": "[0-9a-f]{64}"/, '') : manifest.replace(field, text),
  );
  await expect(openModelFolder(folder, [])).rejects.toMatchObject({ code: 'E_MODEL_MANIFEST' });
});

test.each<[string, (bytes: Uint8Array<ArrayBuffer>, name: string) => ByteSource]>([
  ['blobs', (bytes, name) => sourceFromBlob(new Blob([bytes]), name)],
  ['bytes', sourceFromBytes],
])('a folder of %s, as in a browser', async (_, open) => {
  const closed: string[] = [];
  const openFile =
    (folder: string): OpenFile =>
    async (name) => ({
      ...open(readFileSync(join(folder, name)), name),
      close: async () => void closed.push(name),
    });
  const bad = openFile(damage(whole, 'transformer.safetensors'));
  await expect(openModel(bad)).rejects.toMatchObject({ code: 'E_MODEL_HASH' });
  expect(closed.sort()).toEqual([
    'decoder.safetensors',
    'encoder.safetensors',
    'model.json',
    'transformer.safetensors',
  ]);
  await (await openModel(bad, undefined, { verify: false })).close();
  await (await openModel(openFile(whole))).close();
});

test('a blob is hashed once', async () => {
  let reads = 0;
  const blob = new Blob([new Uint8Array(3_000_000)]);
  const arrayBuffer = blob.arrayBuffer.bind(blob);
  blob.arrayBuffer = () => (reads++, arrayBuffer());
  const first = await sourceFromBlob(blob, 'a').sha256!();
  expect(await sourceFromBlob(blob, 'b').sha256!()).toBe(first);
  expect(reads).toBe(1);
});

test('can be interrupted', async () => {
  await expect(openModelFolder(whole, undefined, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'E_ABORTED',
  });
});
