/** DALL·E mini's BART in Chromium: the goldens' logits token by token, on both devices, from halves in a file. */
import { expect, test } from 'vitest';
import { readNpy, sourceFromBlob } from '../../convert.ts';
import { open } from '../../index.ts';
import type { BartDecoderArchitecture, BartEncoderArchitecture } from '../../nets/bart/architecture.ts';
import { Bart } from '../../nets/bart/bart.ts';
import type { Weights } from '../../nets/weights.ts';
import { openSafetensors } from '../../weights-convert/safetensors/read-safetensors.ts';
import { expectClose } from '../helpers/close.ts';

const folder = new URL('test/golden/min-dalle/', location.origin);

interface GoldenCase {
  readonly encoder: BartEncoderArchitecture;
  readonly decoder: BartDecoderArchitecture;
  readonly errors: { readonly logits: { readonly maxError: number } };
}

async function fetchBlob(name: string): Promise<Blob> {
  return (await fetch(new URL(name, folder))).blob();
}

async function readArray(name: string): Promise<number[]> {
  const { data } = readNpy(new Uint8Array(await (await fetchBlob(`${name}.npy`)).arrayBuffer()), name);
  return Array.from(data, Number);
}

async function openHalf<Architecture extends BartEncoderArchitecture | BartDecoderArchitecture>(
  name: string,
  architecture: Architecture,
): Promise<Weights<Architecture>> {
  const source = sourceFromBlob(await fetchBlob(`${name}.safetensors`), name);
  const { tensors } = await openSafetensors(source);
  const close = async (): Promise<void> => {};
  return { architecture, tensors, source: { name, bytes: source.size, container: 'safetensors' }, close };
}

test.each(['webgl', 'cpu'] as const)('on %s', async (name) => {
  const device = name === 'webgl' ? await open({ device: 'webgl' }) : await open({ device: 'cpu' });
  const { cases } = (await (await fetch(new URL('golden.json', folder))).json()) as { cases: GoldenCase[] };
  const [{ encoder, decoder, errors }] = cases as [GoldenCase];
  const parts = {
    encoder: await openHalf('mini.encoder', encoder),
    decoder: await openHalf('mini.decoder', decoder),
  };
  const bart = new Bart(parts, { device });
  const image = await readArray('mini.image');
  const wanted = await readArray('mini.logits.f64'); // [2, 9, 24]
  const decoding = await bart.begin(Int32Array.from(await readArray('mini.text')), 2);
  const width = decoder.image_vocab;
  const rowsAt = (place: number): number[] =>
    [0, 1].flatMap((text) => wanted.slice((text * 9 + place) * width, (text * 9 + place + 1) * width));
  expectClose(decoding.first, rowsAt(0), 16 * errors.logits.maxError);
  for (let place = 1; place < 9; place++) {
    const logits = await decoding.step(new Int32Array(2).fill(image[place - 1]!));
    expectClose(logits, rowsAt(place), 16 * errors.logits.maxError);
  }
  expect(bart.isDisposed).toBe(false);
  decoding.dispose();
  await bart.dispose();
  device.dispose();
});
