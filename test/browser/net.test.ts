/**
 * The library as a page uses it: index.ts and convert.ts bundled by vite, a small net's pickles as blobs, its tokens,
 * logits and decoded maps equal to PyTorch's. test/golden/README.md says how those were made.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openWeights, readNpy, sourceFromBlob } from '../../convert.ts';
import { Dvae, open } from '../../index.ts';
import type { WebGLDevice } from '../../engine/index.ts';
import type { Weights } from '../../nets/weights.ts';
import { expectClose } from '../helpers/close.ts';
import type { NetRecord } from '../helpers/golden.ts';

async function fetchBlob(file: string): Promise<Blob> {
  const response = await fetch(new URL(`../golden/hidden-8/${file}`, import.meta.url));
  if (!response.ok) throw new Error(`${file}: ${response.status} ${response.statusText}`);
  return response.blob();
}

async function openPickle(file: string): Promise<Weights> {
  return openWeights(sourceFromBlob(await fetchBlob(file), file));
}

async function fetchArray(name: string): Promise<Float64Array> {
  const file = `${name}.npy`;
  const { data } = readNpy(new Uint8Array(await (await fetchBlob(file)).arrayBuffer()), file);
  return Float64Array.from(data, Number);
}

const record = JSON.parse(await (await fetchBlob('golden.json')).text()) as NetRecord;
const [checkpoint] = record.checkpoints;
let device: WebGLDevice;
let dvae: Dvae;
beforeAll(async () => {
  device = await open({ device: 'webgl' });
  const parts = {
    encoder: await openPickle(checkpoint!.encoder),
    decoder: await openPickle(checkpoint!.decoder),
  };
  dvae = new Dvae(parts, { device });
});
afterAll(async () => {
  await dvae.dispose();
  device.dispose();
});

test.each(record.cases)('$name: tokens, logits and decoded maps are PyTorch’s', async ({ name, shape, errors }) => {
  const pixels = { data: Float32Array.from(await fetchArray(`${name}.pixels`)), shape };
  const tokens = await dvae.encode(pixels);
  expect([...tokens.data]).toEqual([...(await fetchArray(`${name}.tokens.f64`))]);
  const logits = await dvae.encodeLogits(pixels);
  expectClose(logits.data, await fetchArray(`${name}.logits.f64`), 16 * errors.logits.maxError, {
    shape: logits.shape,
  });
  const maps = await dvae.decodeStatistics(tokens);
  expectClose(maps.data, await fetchArray(`${name}.decoded.f64`), 16 * errors.decoded.maxError, { shape: maps.shape });
});

test('a web page with curly quotes is told from a checkpoint, though no latin1 of a browser is Latin-1', async () => {
  const page = new Blob([Uint8Array.of(0xef, 0xbb, 0xbf), '<html>', Uint8Array.of(0x93, 0x94), '</html>']);
  const opening = openWeights(sourceFromBlob(page, 'encoder.pkl'));
  await expect(opening).rejects.toMatchObject({ message: expect.stringContaining('a web page') });
});
