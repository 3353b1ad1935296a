/** Conversions that end before they are done leave nothing, and a model folder that is damaged is refused. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { call, dict, global, join as assemble, pickle, tensor, text } from '../../test/hostile/pickle-assembler.ts';
import { torchZip } from '../../test/hostile/torch-assembler.ts';
import { decoder, encoder, golden, keepConversions, sha256 } from '../../test/helpers/conversions.ts';
import { describeSource } from '../describe-source.ts';
import { openWeights } from '../open-weights.ts';
import { convertToModelFolder } from './convert.ts';
import { openFileSource } from './file-source.ts';
import { openModelFolder } from './open-model-folder.ts';
import { openExclusively, type OpenHandle } from '../../base/node/output-file.ts';
import { writeModelFolder } from './write-model-folder.ts';

const place = keepConversions();
const { scratch } = place;
let out = '';
beforeEach(() => {
  out = place.out;
});

describe('refused', () => {
  test('two encoders, or none', async () => {
    const both = convertToModelFolder({ sources: [encoder, golden('encoder.legacy.channels-last.pkl')], out });
    await expect(both).rejects.toMatchObject({ name: 'UsageError', code: 'E_USAGE' });
    await expect(convertToModelFolder({ sources: [], out })).rejects.toMatchObject({ name: 'UsageError' });
    expect(existsSync(out)).toBe(false);
  });

  test('a small .pt with code behind its pickle, for what it would do', async () => {
    const source = join(scratch, 'behind.pt');
    writeFileSync(source, torchZip(assemble(pickle(dict({})), pickle(call(global('os', 'system'), text('id'))))));
    await expect(convertToModelFolder({ sources: [source], out })).rejects.toMatchObject({
      name: 'UnsafeFileError',
      code: 'E_PICKLE_EXEC_ATTEMPT',
    });
    expect(existsSync(out)).toBe(false);
  });

  test('an activation where there is no CLIP', async () => {
    const refused = convertToModelFolder({ sources: [encoder], out, activation: 'gelu' });
    await expect(refused).rejects.toMatchObject({ code: 'E_USAGE', message: expect.stringContaining('gelu') });
    expect(existsSync(out)).toBe(false);
  });

  test('one of several files, by its name', async () => {
    const view = tensor('0', 4, [2 ** 31, 2], [0, 0]);
    const [weights, words] = [join(scratch, 'broken.pt'), join(scratch, 'broken.model')];
    writeFileSync(weights, torchZip(pickle(dict({ a: view })), { 0: 4 }));
    writeFileSync(words, '1 2\n9601 4\n5 4 6\n4 4 5\n1 0 2 3\n');
    for (const [named, code] of [
      [weights, 'E_TENSOR_GEOMETRY'],
      [words, 'E_TOKENIZER_FILE'],
    ] as const) {
      const refused = convertToModelFolder({ sources: [encoder, named, decoder], out });
      const message: unknown = expect.stringContaining(`${basename(named)}: `);
      await expect(refused).rejects.toMatchObject({ code, message });
    }
    expect(existsSync(out)).toBe(false);
  });

  test('a folder that is not empty', async () => {
    await convertToModelFolder({ sources: [encoder], out });
    const before = readdirSync(out).map((name) => sha256(join(out, name)));
    await expect(convertToModelFolder({ sources: [decoder], out })).rejects.toMatchObject({ code: 'E_OUTPUT_EXISTS' });
    expect(readdirSync(out).map((name) => sha256(join(out, name)))).toEqual(before);
  });

  test('a missing file, a folder, a place that is a file', async () => {
    await expect(convertToModelFolder({ sources: ['/no/such.pkl'], out })).rejects.toMatchObject({
      code: 'E_FILE_MISSING',
    });
    await expect(convertToModelFolder({ sources: [scratch], out })).rejects.toMatchObject({ code: 'E_FILE_READ' });
    await expect(convertToModelFolder({ sources: [encoder], out: encoder })).rejects.toMatchObject({ code: 'E_WRITE' });
  });
});

describe('failing midway leaves nothing', () => {
  /** Files on a disk that is full after so many bytes. */
  function openOnFullDisk(capacity: number): OpenHandle {
    let left = capacity;
    return (path, replaced) => {
      const file = openExclusively(path, replaced);
      return {
        ...file,
        write: async (bytes, offset, length) => {
          const fitting = Math.min(length, left);
          if (fitting === 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
          left -= fitting;
          return file.write(bytes, offset, fitting);
        },
      };
    };
  }

  async function writeTo(openHandle: OpenHandle, force = false): Promise<void> {
    const file = await openFileSource(encoder);
    const weights = await openWeights(file);
    try {
      const parts = [{ weights, source: await describeSource(file) }];
      await writeModelFolder({ out, parts, dtype: 'f32', force, openHandle });
    } finally {
      await weights.close();
    }
  }

  test.each([0, 10_000, 'before the manifest'])('a disk full after %s bytes', async (when) => {
    const { bytes } = await convertToModelFolder({ sources: [encoder], out, dryRun: true });
    const capacity = typeof when === 'number' ? when : bytes + 10;
    await expect(writeTo(openOnFullDisk(capacity))).rejects.toMatchObject({ code: 'E_DISK_FULL' });
    expect(existsSync(join(out, '..', '..'))).toBe(false);
  });

  test('an old model survives a failed replacement', async () => {
    await convertToModelFolder({ sources: [decoder], out });
    const before = readdirSync(out);
    await expect(writeTo(openOnFullDisk(10_000), true)).rejects.toMatchObject({ code: 'E_DISK_FULL' });
    expect(readdirSync(out)).toEqual(before);
    await (await openModelFolder(out)).close();
  });

  test('an interruption', async () => {
    const controller = new AbortController();
    const onProgress = ({ stage }: { stage: string }): void => {
      if (stage === 'write') controller.abort();
    };
    const converting = convertToModelFolder({ sources: [encoder], out, signal: controller.signal, onProgress });
    await expect(converting).rejects.toMatchObject({ name: 'AbortedError', code: 'E_ABORTED' });
    expect(existsSync(out)).toBe(false);
  });
});

describe('a model folder that is damaged', () => {
  beforeEach(async () => {
    await convertToModelFolder({ sources: [encoder], out });
  });

  const edit = (change: (text: string) => string): void => {
    const path = join(out, 'model.json');
    writeFileSync(path, change(readFileSync(path, 'utf8')));
  };

  test.each<[string, (text: string) => string]>([
    ['cut', (text) => text.slice(0, 100)],
    ['of another kind', (text) => text.replace('dalle-gl-model', 'other')],
    ['of a later version', (text) => text.replace('"formatVersion": 1', '"formatVersion": 2')],
    ['naming a file elsewhere', (text) => text.replace('"encoder.safetensors"', '"../encoder.safetensors"')],
    ['with another length', (text) => text.replace(/"bytes": \d+/, '"bytes": 1')],
    ['a list', () => '[]'],
    ['null', () => 'null'],
  ])('%s', async (_, change) => {
    edit(change);
    await expect(openModelFolder(out)).rejects.toMatchObject({ code: 'E_MODEL_MANIFEST' });
  });

  test('whose net is another than model.json says', async () => {
    edit((text) => text.replace('"vocab_size": 64', '"vocab_size": 65'));
    await expect(openModelFolder(out)).rejects.toMatchObject({ code: 'E_KEYS_SHAPE' });
  });

  test('without its manifest', async () => {
    rmSync(join(out, 'model.json'));
    const message = expect.stringContaining(`${out} is not a model folder`);
    await expect(openModelFolder(out)).rejects.toMatchObject({ code: 'E_FILE_MISSING', message });
  });

  test('without a part it names', async () => {
    rmSync(join(out, 'encoder.safetensors'));
    const message = expect.stringContaining('there is no file');
    await expect(openModelFolder(out)).rejects.toMatchObject({ code: 'E_FILE_MISSING', message });
  });
});
