/** The hostile corpus against the reader: each file refused with its code, nothing run, nothing large asked for. */
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { UnsafeFileError } from '../../errors.ts';
import { openWeights, sourceFromBytes, type ByteSource } from '../../weights-convert/index.ts';
import { attacks } from './attacks.ts';
import { dict, pickle, tensor } from './pickle-assembler.ts';
import { torchZip } from './torch-assembler.ts';
import { assembleZip } from './zip-assembler.ts';

/** A source that refuses to read more than the file has in all: lengths from the file never become allocations. */
function watchedSource(bytes: Uint8Array): ByteSource {
  const source = sourceFromBytes(bytes, 'attack.pkl');
  let budget = 4 * bytes.length + 4096;
  return {
    ...source,
    read: (offset, length) => {
      budget -= length;
      if (budget < 0) throw new Error('read far more than the file holds');
      return source.read(offset, length);
    },
  };
}

test('the assembler itself makes files that open', async () => {
  const benign = torchZip(pickle(dict({ a: tensor('0', 4, [2, 2], [1, 2]) })), { 0: 4 });
  await expect(openWeights(watchedSource(benign))).rejects.toMatchObject({
    code: 'E_ARCHITECTURE',
    message: expect.stringContaining('tensors of another net'),
  });
  const long = assembleZip([{ name: 'x/data.pkl', data: pickle('N') }], { zip64: {} });
  await expect(openWeights(watchedSource(long))).rejects.toMatchObject({ code: 'E_ARCHITECTURE' });
});

describe('refused', () => {
  test.each(attacks.map((attack) => [attack.code, attack.name, attack] as const))('%s: %s', async (code, _, attack) => {
    const error: unknown = await openWeights(watchedSource(attack.make())).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code });
    expect(error instanceof UnsafeFileError).toBe(code === 'E_PICKLE_EXEC_ATTEMPT');
    const { message } = error as Error;
    expect(message).not.toContain('\n');
    expect(message.length).toBeLessThan(1500);
  });

  test('and nothing was run', () => {
    expect(existsSync('/tmp/dalle-gl-was-here')).toBe(false);
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

describe('mistaken files', () => {
  test.each<[string, string, string, string]>([
    ['E_FORMAT_UNKNOWN', 'empty', '', 'is empty'],
    ['E_FORMAT_UNKNOWN', 'a web page', '\n<!DOCTYPE html><html>', 'a web page'],
    ['E_FORMAT_UNKNOWN', 'a web page with a byte order mark', '\xef\xbb\xbf<html>', 'a web page'],
    ['E_FORMAT_UNKNOWN', 'a wget log', '--2021-03-01 10:00:00--  https://cdn.openai.com/', "wget's log"],
    ['E_FORMAT_UNKNOWN', 'text', 'hello', 'text, not a checkpoint; it begins "hello"'],
    ['E_LFS_POINTER', 'a pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:0', 'git lfs pull'],
    ['E_FORMAT_UNKNOWN', 'a tar file', `${'a'.repeat(257)}ustar`, 'tar archive'],
    ['E_FORMAT_UNKNOWN', 'gzip', '\x1f\x8b\x08\x00', 'gzip'],
    ['E_FORMAT_UNKNOWN', 'a PNG', '\x89PNG\r\n\x1a\n', 'PNG'],
    ['E_FORMAT_UNKNOWN', 'noise', '\x00\x01\x02\x03', '00 01 02 03'],
    ['E_FORMAT_UNKNOWN', 'a pickle without torch', '\x80\x04N.', 'not one that torch.save wrote'],
    ['E_ZIP_TRUNCATED', 'the start of a zip', 'PK\x03\x04'.padEnd(200, '\x00'), 'cut short'],
  ])('%s: %s', async (code, _, content, said) => {
    const opening = openWeights(sourceFromBytes(Buffer.from(content, 'latin1'), 'encoder.pkl'));
    await expect(opening).rejects.toMatchObject({ code, message: expect.stringContaining(said) });
  });
});
