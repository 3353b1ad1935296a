/** The hostile corpus against the reader: each file refused with its code, nothing run, nothing large asked for. */
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { UnsafeFileError } from '../../base/errors.ts';
import { openWeights, sourceFromBytes, type ByteSource } from '../../weights-convert/index.ts';
import { readTokenizerPiece } from '../../weights-convert/tokenizers/tokenizer-piece.ts';
import { attacks } from './attacks.ts';
import { mistakenFiles } from './mistaken-files.ts';
import { dict, pickle, tensor } from './pickle-assembler.ts';
import { torchZip } from './torch-assembler.ts';
import { assembleZip } from './zip-assembler.ts';

/** A source that refuses to read more than the file has in all: lengths from the file never become allocations. */
function watchedSource(bytes: Uint8Array): ByteSource {
  const source = sourceFromBytes(bytes, 'attack.pkl');
  let budget = 4 * bytes.length + 4096;
  return {
    ...source,
    openSibling: (name) => Promise.reject(new Error(`asked for the file ${name}`)),
    read: (offset, length) => {
      budget -= length;
      if (budget < 0) throw new Error('read far more than the file holds');
      return source.read(offset, length);
    },
  };
}

/** What a conversion reads: words, or else weights. */
async function readEverything(source: ByteSource): Promise<void> {
  const words = await readTokenizerPiece(source);
  if (words) return void words.convert?.([]);
  for (const tensor of (await openWeights(source)).tensors.values()) await tensor.read();
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
    const error: unknown = await readEverything(watchedSource(attack.make())).catch((reason: unknown) => reason);
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
  test.each(mistakenFiles)('%s: %s', async (code, _, content, said) => {
    const opening = openWeights(sourceFromBytes(Buffer.from(content, 'latin1'), 'encoder.pkl'));
    await expect(opening).rejects.toMatchObject({ code, message: expect.stringContaining(said) });
  });
});
