/**
 * A folder where a model is to go, with somebody's files in it: what is not ours stays, the old model stays until the
 * new one is whole, and what a killed conversion left goes.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { ownMark } from '../../base/node/running-process.ts';
import { FormatError } from '../../base/errors.ts';
import { convertToModelFolder, type ConversionReport, type ConvertOptions } from './convert.ts';
import { describeSource } from '../describe-source.ts';
import { openWeights } from '../open-weights.ts';
import { openFileSource } from './file-source.ts';
import { openModelFolder } from './open-model-folder.ts';
import { writeModelFolder } from './write-model-folder.ts';

const golden = (name: string): string => fileURLToPath(new URL(`../../test/golden/hidden-4/${name}`, import.meta.url));
const encoder = golden('encoder.zip.channels-last.pkl');
const decoder = golden('decoder.legacy.channels-last.pkl');
const scratch = mkdtempSync(join(tmpdir(), 'dalle-gl-replace-'));
afterAll(() => rmSync(scratch, { recursive: true }));

let out = '';
let run = 0;
beforeEach(() => {
  out = join(scratch, `${++run}`);
});
const path = (name: string): string => join(out, name);

function convert(sources: readonly string[], options: Partial<ConvertOptions> = {}): Promise<ConversionReport> {
  return convertToModelFolder({ sources, out, ...options });
}

/** Everything in the folder, temporary files too, by SHA-256. */
function hashFolder(folder = out): Record<string, string> {
  const hash = (name: string): string =>
    createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex');
  return Object.fromEntries(readdirSync(folder).map((name) => [name, hash(name)]));
}

/** Expects a conversion to be refused, and nothing to have changed. */
async function expectRefused(code: string, converting: () => Promise<unknown>): Promise<void> {
  const before = hashFolder();
  await expect(converting()).rejects.toMatchObject({ code });
  expect(hashFolder()).toEqual(before);
}

describe('with force, refused before anything is touched', () => {
  test.each([
    ['of another program', '{"mine":1}'],
    ['of a later version', '{"kind":"dalle-gl-model","formatVersion":2,"parts":{}}'],
    ['that is damaged', '{"kind":"dalle-gl-model","formatVersion":1,"pa'],
  ])('a model.json %s', async (_, text) => {
    mkdirSync(out);
    writeFileSync(path('model.json'), text);
    writeFileSync(path('encoder.safetensors'), 'mine');
    await expectRefused('E_OUTPUT_EXISTS', () => convert([encoder], { force: true }));
  });

  test.each(['encoder.safetensors', 'encoder-00001-of-00002.safetensors', 'encoder.safetensors.index.json'])(
    'a file %s that no manifest lists',
    async (name) => {
      mkdirSync(out);
      writeFileSync(path(name), 'mine');
      const shards = name === 'encoder.safetensors' ? {} : { shardBytes: 60_000 };
      await expectRefused('E_OUTPUT_EXISTS', () => convert([encoder], { force: true, ...shards }));
      rmSync(path(name));
      await convert([decoder]);
      writeFileSync(path(name), 'mine');
      await expectRefused('E_OUTPUT_EXISTS', () => convert([encoder], { force: true, ...shards }));
    },
  );

  test('a source, by its name, through a link, as a second name of one file, and as a shard', async () => {
    await convert([encoder], { shardBytes: 60_000 });
    const [index] = readdirSync(out).filter((name) => name.endsWith('.index.json'));
    await expectRefused('E_OUTPUT_CLASH', () => convert([path(index!)], { force: true, dtype: 'f16' }));
    const elsewhere = `${out}-elsewhere`;
    mkdirSync(elsewhere);
    copyFileSync(path(index!), join(elsewhere, index!));
    for (const name of readdirSync(out).filter((file) => file.endsWith('.safetensors'))) {
      symlinkSync(path(name), join(elsewhere, name));
    }
    await expectRefused('E_OUTPUT_CLASH', () => convert([join(elsewhere, index!)], { force: true, dtype: 'f16' }));
    rmSync(out, { recursive: true });
    await convert([encoder]);
    symlinkSync(path('encoder.safetensors'), join(elsewhere, 'soft.safetensors'));
    linkSync(path('encoder.safetensors'), join(elsewhere, 'hard.safetensors'));
    const names = [
      path('encoder.safetensors'),
      join(elsewhere, 'soft.safetensors'),
      join(elsewhere, 'hard.safetensors'),
    ];
    for (const name of names) {
      await expectRefused('E_OUTPUT_CLASH', () => convert([name], { force: true, dtype: 'f16' }));
    }
  });

  test('a folder where the manifest lists a file', async () => {
    await convert([encoder]);
    rmSync(path('encoder.safetensors'));
    mkdirSync(path('encoder.safetensors'));
    await expect(convert([decoder], { force: true })).rejects.toMatchObject({ code: 'E_OUTPUT_EXISTS' });
    expect(readdirSync(out).sort()).toEqual(['encoder.safetensors', 'model.json']);
  });
});

describe('a model takes the place of another', () => {
  test('under names with a hash, then under plain ones; what the manifest does not list stays', async () => {
    await convert([encoder, decoder]);
    mkdirSync(path('transformer.safetensors'));
    writeFileSync(path('notes.txt'), 'mine');
    const { parts, bytes } = await convert([encoder], { force: true, dtype: 'f16', verify: true });
    const [file] = parts[0]!.files;
    expect(file!.name).toBe(`encoder-${file!.sha256.slice(0, 12)}.safetensors`);
    expect(bytes).toBe(file!.bytes);
    const others = ['model.json', 'notes.txt', 'transformer.safetensors'];
    expect(readdirSync(out).sort()).toEqual([file!.name, ...others].sort());
    await convert([encoder], { force: true });
    expect(readdirSync(out).sort()).toEqual(['encoder.safetensors', ...others].sort());
    await (await openModelFolder(out)).close();
  });

  test('shards and their index over shards', async () => {
    await convert([encoder], { shardBytes: 60_000 });
    await convert([encoder], { shardBytes: 30_000, dtype: 'f16', force: true, verify: true });
    const names = readdirSync(out);
    expect(names.some((name) => /^encoder-00001-of-\d{5}-[0-9a-f]{12}\.safetensors$/.test(name))).toBe(true);
    expect(names.some((name) => /^encoder-[0-9a-f]{12}\.safetensors\.index\.json$/.test(name))).toBe(true);
    await (await openModelFolder(out)).close();
  });

  test('the same model again keeps its names, and mends a damaged file', async () => {
    await convert([encoder, decoder]);
    const before = hashFolder();
    writeFileSync(path('encoder.safetensors'), 'damaged');
    await convert([encoder, decoder], { force: true });
    expect(hashFolder()).toEqual(before);
  });

  test('a manifest that names somebody’s file does not make it ours', async () => {
    await convert([encoder]);
    copyFileSync(path('encoder.safetensors'), path('thesis.doc'));
    writeFileSync(
      path('model.json'),
      readFileSync(path('model.json'), 'utf8').replace('encoder.safetensors', 'thesis.doc'),
    );
    rmSync(path('encoder.safetensors'));
    await convert([decoder], { force: true });
    expect(readdirSync(out).sort()).toEqual(['decoder.safetensors', 'model.json', 'thesis.doc']);
  });

  test('a check that fails leaves the old one', async () => {
    await convert([decoder]);
    const file = await openFileSource(encoder);
    const weights = await openWeights(file);
    const parts = [{ weights, source: await describeSource(file) }];
    const check = (): Promise<void> => Promise.reject(new FormatError('E_VERIFY', 'not the same'));
    await expectRefused('E_VERIFY', () => writeModelFolder({ out, parts, dtype: 'f32', force: true, check }));
    await weights.close();
  });
});

test('a model that another put there meanwhile stays', async () => {
  await convert([decoder]);
  const other = readFileSync(path('model.json'), 'utf8').replace('"official": false', '"official": true');
  for (const text of ['mine', other.replace('decoder.safetensors', 'decoder-0123456789ab.safetensors')]) {
    const onProgress = ({ stage }: { stage: string }): void => {
      if (stage === 'write') writeFileSync(path('model.json'), text);
    };
    await expect(convert([encoder], { force: true, onProgress })).rejects.toMatchObject({ code: 'E_OUTPUT_EXISTS' });
    expect(readFileSync(path('model.json'), 'utf8')).toBe(text);
    expect(readdirSync(out).sort()).toEqual(['decoder.safetensors', 'model.json']);
    rmSync(out, { recursive: true });
    await convert([decoder]);
  }
});

test('of two conversions into one folder at once, one refuses', async () => {
  await convert([decoder]);
  const outcomes = await Promise.allSettled([
    convert([encoder], { force: true }),
    convert([encoder], { force: true, dtype: 'f16' }),
  ]);
  const failed = outcomes.filter((outcome) => outcome.status === 'rejected');
  expect(failed.map(({ reason }) => (reason as FormatError).code)).toEqual(['E_OUTPUT_BUSY']);
  await (await openModelFolder(out)).close();
  expect(readdirSync(out).filter((name) => name.startsWith('.'))).toEqual([]);
});

describe('after a kill', () => {
  /** The lock of a process that has ended, with its note. */
  function leaveLock(note: unknown): void {
    const [host, , start] = ownMark.split('-');
    const name = `.dalle-gl-${host}-${spawnSync('true').pid}-${start}-01234567.lock`;
    writeFileSync(path(name), `held\n${typeof note === 'string' ? note : JSON.stringify(note)}`);
  }

  test('files without a manifest go if they are those of the note, and a fresh conversion needs no force', async () => {
    const { parts } = await convert([encoder, decoder]);
    const wanted = hashFolder();
    rmSync(path('model.json'));
    leaveLock({ written: parts.flatMap(({ files }) => files), removed: [] });
    await convert([encoder, decoder]);
    expect(hashFolder()).toEqual(wanted);
  });

  test('files that were changed since, and such as are not ours by name, stay', async () => {
    const { parts } = await convert([encoder, decoder]);
    const [file] = parts[0]!.files;
    rmSync(path('model.json'));
    writeFileSync(path('encoder.safetensors'), 'mine');
    copyFileSync(path('decoder.safetensors'), path('thesis.doc'));
    leaveLock({ written: [file, { ...parts[1]!.files[0], name: 'thesis.doc' }], removed: [] });
    await expect(convert([encoder])).rejects.toMatchObject({ code: 'E_OUTPUT_EXISTS' });
    expect(readdirSync(out).sort()).toEqual(['decoder.safetensors', 'encoder.safetensors', 'thesis.doc']);
  });

  test('parts of the old model go once the new one is there; a listed file never does', async () => {
    const { parts } = await convert([decoder]);
    copyFileSync(path('decoder.safetensors'), path('decoder-0123456789ab.safetensors'));
    const [file] = parts[0]!.files;
    leaveLock({ written: [file], removed: [{ ...file, name: 'decoder-0123456789ab.safetensors' }] });
    leaveLock('{"written": [');
    await expect(convert([decoder])).rejects.toMatchObject({ code: 'E_OUTPUT_EXISTS' });
    expect(readdirSync(out).sort()).toEqual(['decoder.safetensors', 'model.json']);
  });
});
