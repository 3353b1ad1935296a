/** Archives and arrays made by NumPy (corpus/make_corpus.py), bit for bit; what is refused, and how it is said. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { assembleZip } from '../../test/hostile/zip-assembler.ts';
import { sourceFromBytes, type ByteSource } from '../byte-source.ts';
import { inspectFile } from '../inspect/inspect-file.ts';
import { openNpy, openNpz } from './npy-tensor.ts';
import { writeNpy } from './npy.ts';
import { openWeights } from '../open-weights.ts';
import { sniffContainer } from '../sniff.ts';

const folder = new URL('../corpus/numpy/', import.meta.url);
const expected: Record<string, { shape: number[]; float32: string }> = JSON.parse(
  readFileSync(new URL('expected.json', folder), 'utf8'),
);

function openCorpus(name: string): ByteSource {
  return sourceFromBytes(readFileSync(new URL(name, folder)), name);
}

test('every array of an archive, whatever its type, byte order and order of axes', async () => {
  const source = openCorpus('stored.npz');
  expect(await sniffContainer(source)).toBe('npz');
  const arrays = await openNpz(source);
  expect([...arrays.keys()].sort()).toEqual(Object.keys(expected).sort());
  for (const [name, { shape, float32 }] of Object.entries(expected)) {
    const array = arrays.get(name)!;
    expect(array.shape).toEqual(shape);
    const values = await array.read();
    expect(Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64'), name).toBe(float32);
  }
});

test('a compressed archive is refused with the function that writes the other kind', async () => {
  await expect(openWeights(openCorpus('compressed.npz'))).rejects.toMatchObject({
    code: 'E_ZIP_METHOD',
    message: expect.stringContaining('savez in place of savez_compressed'),
  });
});

test('an array of Python objects is told by inspect beside the others, and refused for use', async () => {
  const { inspection, failure } = await inspectFile(openCorpus('objects.npz'));
  expect(failure).toBeUndefined();
  expect(inspection.tensors.items).toMatchObject([{ name: 'good', shape: [2, 3, 4, 5], storage: null }]);
  expect(inspection.problems.items).toMatchObject([{ place: 'bad', code: 'E_NPY_DTYPE' }]);
  await expect(openNpz(openCorpus('objects.npz'))).rejects.toMatchObject({ code: 'E_NPY_DTYPE' });
});

const array = writeNpy({ dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) });

test('one array', async () => {
  const { shape, read } = await openNpy(sourceFromBytes(array, 'a.npy'));
  expect([shape, [...(await read())]]).toEqual([[2], [1, 2]]);
  await expect(openWeights(sourceFromBytes(array, 'a.npy'))).rejects.toMatchObject({ code: 'E_ARCHITECTURE' });
});

test('data that is cut, appended to or damaged', async () => {
  const longer = Buffer.concat([array, Buffer.alloc(1)]);
  for (const bytes of [array.subarray(0, -1), longer]) {
    await expect(openNpy(sourceFromBytes(bytes, 'a.npy'))).rejects.toMatchObject({ code: 'E_NPY_SIZE' });
  }
  const zip = assembleZip([{ name: 'a.npy', data: array, crc: 1 }]);
  const damaged = (await openNpz(sourceFromBytes(zip, 'a.npz'))).get('a')!;
  await expect(damaged.read()).rejects.toMatchObject({ code: 'E_ZIP_CRC' });
  await expect(damaged.read()).rejects.toMatchObject({ code: 'E_ZIP_CRC' });
});

test('an archive that only begins with an array is no npz', async () => {
  const zip = assembleZip([
    { name: 'x/a.npy', data: array },
    { name: 'x/data.pkl', data: Buffer.from('\x80\x02cos\nsystem\n.', 'latin1') },
  ]);
  expect(await sniffContainer(sourceFromBytes(zip, 'a.npz'))).toBe('torch-zip');
  await expect(openWeights(sourceFromBytes(zip, 'a.npz'))).rejects.toMatchObject({ code: 'E_PICKLE_EXEC_ATTEMPT' });
});
