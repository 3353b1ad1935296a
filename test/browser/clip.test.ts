/** CLIP in Chromium: the vectors of the goldens on both devices, and pictures of a canvas compared with a text. */
import { expect, test } from 'vitest';
import { readNpy, sourceFromBlob, type WeightsOf } from '../../convert.ts';
import { Clip, open, pictureFromRgba, type Tokenizer } from '../../index.ts';
import type { ClipArchitecture } from '../../nets/clip/architecture.ts';
import { openSafetensors } from '../../weights-convert/safetensors/read-safetensors.ts';
import { expectClose } from '../helpers/close.ts';

const folder = new URL('test/golden/clip/', location.origin);
const architecture: ClipArchitecture = {
  ...{ kind: 'clip', embed_dim: 32, activation: 'quick-gelu', image_size: 32, patch: 16, vision_dim: 64 },
  ...{ vision_depth: 2, vision_heads: 1, vision_mlp_size: 256, text_length: 16, text_vocab: 60, text_dim: 64 },
  ...{ text_depth: 2, text_heads: 1, text_mlp_size: 256 },
};
const tokenizer: Tokenizer = { vocabularySize: 60, encode: () => [3, 14], decode: () => '', explain: () => [] };

async function fetchBlob(name: string): Promise<Blob> {
  return (await fetch(new URL(name, folder))).blob();
}

async function readArray(name: string): Promise<ArrayLike<number>> {
  return readNpy(new Uint8Array(await (await fetchBlob(`${name}.npy`)).arrayBuffer()), name).data as ArrayLike<number>;
}

async function openWeights(): Promise<WeightsOf<'clip'>> {
  const source = sourceFromBlob(await fetchBlob('tiny.weights.safetensors'), 'tiny');
  const { tensors } = await openSafetensors(source);
  const close = async (): Promise<void> => {};
  return { architecture, tensors, source: { name: 'tiny', bytes: source.size, container: 'safetensors' }, close };
}

test.each(['webgl', 'cpu'] as const)('on %s', async (name) => {
  const device = name === 'webgl' ? await open({ device: 'webgl' }) : await open({ device: 'cpu' });
  const clip = new Clip(await openWeights(), tokenizer, { device });
  const { cases } = (await (await fetch(new URL('golden.json', folder))).json()) as {
    cases: { errors: Record<'imageFeatures' | 'textFeatures', { maxError: number }> }[];
  };
  const { imageFeatures, textFeatures } = cases[0]!.errors;
  const pixels = { data: Float32Array.from(await readArray('tiny.pixels')), shape: [3, 3, 32, 32] } as const;
  const images = await clip.encodeImages(pixels);
  const texts = await clip.encodeText(Int32Array.from(await readArray('tiny.text')));
  expectClose(images.data, await readArray('tiny.imageFeatures.f64'), 16 * imageFeatures.maxError);
  expectClose(texts.data, await readArray('tiny.textFeatures.f64'), 16 * textFeatures.maxError);

  const canvas = new OffscreenCanvas(50, 40).getContext('2d')!;
  const pictures = ['red', 'blue'].map((colour) => {
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 50, 20);
    return pictureFromRgba(canvas.getImageData(0, 0, 50, 40).data, 50, 40);
  });
  const scores = await clip.score('red heart', pictures);
  const ranked = await clip.rank('red heart', pictures);
  expect(ranked.map(({ index }) => scores[index])).toEqual([...scores].sort((a, b) => b - a));
  await clip.dispose();
  device.dispose();
});
