/** CLIP against OpenAI's own classes (test/golden/make_clip.py): features and logits in float64, rows to the token. */
import { afterAll, describe, expect, it } from 'vitest';
import { clipGolden, numberTokenizer, openTiny, readClipCase, TINY } from '../../test/helpers/clip-golden.ts';
import { expectClose } from '../../test/helpers/close.ts';
import { openCpuTestDevice } from '../../test/helpers/cpu-device.ts';
import { blockVariants, deviceVariants, openTestDevice, openVariant } from '../../test/helpers/devices.ts';
import { referenceDevice, type Device } from '../../engine/index.ts';
import { readTokenizerGolden } from '../../test/helpers/tokenizer-golden.ts';
import { createPicture } from '../../images/picture.ts';
import { expectedNetTensors } from '../net-kinds.ts';
import { readClipVocabulary } from '../tokenizer/clip.ts';
import { readClip, type ClipActivation, type ClipArchitecture } from './architecture.ts';
import { Clip } from './clip.ts';
import { cosines } from './features.ts';
import { prepareClipText } from './prepare-text.ts';

const opened: Clip[] = [];
afterAll(() => Promise.all(opened.map((clip) => clip.dispose())));

async function openClip(device: Device, activation?: ClipActivation): Promise<Clip> {
  const clip = new Clip(await openTiny(activation), numberTokenizer, { device });
  opened.push(clip);
  return clip;
}

/** Ours may be 16 times as far from float64 as PyTorch's own float32 is (design section 5). */
async function expectFeatures(device: Device, name: 'tiny' | 'tiny-gelu', times = 16): Promise<void> {
  const given = readClipCase(name);
  const clip = await openClip(device, name === 'tiny' ? 'quick-gelu' : 'gelu');
  const images = await clip.encodeImages(given.pixels);
  const texts = await clip.encodeText(given.text);
  expect(images.shape).toEqual([3, 32]);
  expectClose(images.data, given.imageFeatures, times * given.errors.imageFeatures.maxError, {
    label: `${name} image`,
  });
  expectClose(texts.data, given.textFeatures, times * given.errors.textFeatures.maxError, { label: `${name} text` });
  const scale = Math.exp(3);
  const perText = [0, 1, 2].map((row) => {
    return cosines({ data: texts.data.subarray(row * 32, row * 32 + 32), shape: [1, 32] }, images);
  });
  const logits = [0, 1, 2].flatMap((image) => perText.map((row) => scale * row[image]!));
  expectClose(logits, given.logits, times * given.errors.logits.maxError, { label: `${name} logits` });
}

describe('features equal PyTorch', () => {
  it.each(['tiny', 'tiny-gelu'] as const)('%s on WebGL', async (name) => expectFeatures(await openTestDevice(), name));
  it.each(['tiny', 'tiny-gelu'] as const)('%s on the CPU', (name) => expectFeatures(openCpuTestDevice(), name));
  it.each(['tiny', 'tiny-gelu'] as const)('%s by the reference', (name) => expectFeatures(referenceDevice, name, 1));
  it.each([...deviceVariants, ...blockVariants])('on $name', async (variant) =>
    expectFeatures(await openVariant(variant), 'tiny'),
  );
});

describe('progress', () => {
  it('grows over all groups of pictures, to its end', async () => {
    const clip = await openClip(openCpuTestDevice());
    const pictures = Array.from({ length: 11 }, () => createPicture(32, 32));
    const told: { done: number; total: number }[] = [];
    const features = await clip.encodePictures(pictures, { onProgress: (progress) => told.push(progress) });
    expect(features.shape).toEqual([11, 32]);
    expect(told.length).toBeGreaterThanOrEqual(2); // one for each group at least
    expect(new Set(told.map(({ total }) => total)).size).toBe(1);
    expect(told.map(({ done }) => done)).toEqual(told.map(({ done }) => done).toSorted((a, b) => a - b));
    expect(told.at(-1)!.done).toBe(told[0]!.total);
  });
});

describe('on the CPU', () => {
  it('every step is a kernel of its own', async () => {
    const clip = await openClip(openCpuTestDevice());
    const plans = clip as unknown as { planText(s: number, l: number): Plan; planImages(b: number): Plan };
    interface Plan {
      explain(): string;
    }
    for (const plan of [plans.planText(2, 8), plans.planImages(2)]) {
      expect(plan.explain()).toContain(' 0 of them by a plain loop');
    }
  });
});

describe('rows of text', () => {
  const { merges } = readTokenizerGolden('clip');
  const tokenizer = readClipVocabulary(['#version', ...merges!].join('\n'));
  const sizes = { text_length: 12, text_vocab: tokenizer.vocabularySize };

  it.each(clipGolden.record.tokens)('of $text are those of clip.tokenize', async ({ text, rows, cut }) => {
    expect([...(await prepareClipText(tokenizer, text, sizes, true))]).toEqual(cut);
    const whole = prepareClipText(tokenizer, text, sizes);
    if (rows) expect([...(await whole)]).toEqual(rows);
    else await expect(whole).rejects.toThrow(expect.objectContaining({ code: 'E_TEXT_TOO_LONG' }));
  });

  it('give the same vector however much stands behind their end', async () => {
    const clip = await openClip(openCpuTestDevice());
    const { text } = readClipCase('tiny');
    const all = await clip.encodeText(text);
    const one = await clip.encodeText(text.slice(0, 16));
    expectClose(one.data, all.data.subarray(0, 32), 1e-5);
    const padded = text.slice(0, 16).map((token, at) => (at > 4 ? 7 : token));
    expect((await clip.encodeText(padded)).data).toEqual(one.data);
  });
});

describe('score and rank', () => {
  const pictures = Array.from({ length: 11 }, (_, i) => createPicture(20 + i, 40 - i, [23 * i, 255 - 20 * i, 90]));

  it('compare pictures of any size, in groups, in the order they were given', async () => {
    const clip = await openClip(openCpuTestDevice());
    const scores = await clip.score('3 14 15', pictures);
    expect(scores).toHaveLength(11);
    const alone = await clip.score('3 14 15', [pictures[9]!]);
    expectClose(alone, [scores[9]!], 1e-5);
    const ranked = await clip.rank('3 14 15', pictures);
    expect(ranked.map(({ index }) => scores[index])).toEqual([...scores].sort((a, b) => b - a));
    expect(await clip.score('3', [])).toEqual([]);
    const said = await clip.encodeText(await clip.tokenize('3 14 15'));
    expect(cosines(said, await clip.encodePictures(pictures))).toEqual(scores);
  });

  it('refuse what they cannot compare, and everything once disposed', async () => {
    const clip = await openClip(openCpuTestDevice());
    await expect(clip.score('1 '.repeat(15), pictures)).rejects.toThrow(
      expect.objectContaining({ code: 'E_TEXT_TOO_LONG' }),
    );
    expect(await clip.score('1 '.repeat(15), pictures.slice(0, 1), { truncate: true })).toHaveLength(1);
    await expect(clip.score(3 as unknown as string, pictures)).rejects.toThrow(
      expect.objectContaining({ code: 'E_ARGUMENT' }),
    );
    await expect(clip.score('1', [{ width: 1, height: 1, data: new Uint8Array(4) }])).rejects.toThrow(
      expect.objectContaining({ code: 'E_SHAPE' }),
    );
    await expect(clip.encodeText(Int32Array.of(1, 2))).rejects.toThrow(expect.objectContaining({ code: 'E_SHAPE' }));
    await expect(clip.encodeText(new Int32Array(16).fill(60))).rejects.toThrow(
      expect.objectContaining({ code: 'E_TOKEN' }),
    );
    const pixels = { data: new Float32Array(3 * 16 * 16), shape: [1, 3, 16, 16] } as const;
    await expect(clip.encodeImages(pixels)).rejects.toThrow(expect.objectContaining({ code: 'E_SHAPE' }));
    const aborted = AbortSignal.abort();
    await expect(clip.score('1', pictures, { signal: aborted })).rejects.toThrow(
      expect.objectContaining({ code: 'E_ABORTED' }),
    );
    await clip.dispose();
    await expect(clip.rank('1', pictures)).rejects.toThrow(expect.objectContaining({ code: 'E_DISPOSED' }));
  });

  it('refuse the tokenizer of another model', async () => {
    const weights = await openTiny();
    const other = { ...numberTokenizer, vocabularySize: 61 };
    expect(() => new Clip(weights, other, { device: referenceDevice })).toThrow(
      expect.objectContaining({ code: 'E_MODEL_MANIFEST' }),
    );
    await weights.close();
  });
});

describe('architectures', () => {
  const sizes: Readonly<Record<string, Partial<ClipArchitecture>>> = {
    'ViT-B/32': { patch: 32 },
    'ViT-B/16': { patch: 16 },
    'ViT-L/14': large(224),
    'ViT-L/14@336px': large(336),
  };

  function large(image_size: number): Partial<ClipArchitecture> {
    const vision = {
      vision_dim: 1024,
      vision_depth: 24,
      vision_heads: 16,
      vision_mlp_size: 4096,
      patch: 14,
      image_size,
    };
    return { ...vision, embed_dim: 768, text_dim: 768, text_heads: 12, text_mlp_size: 3072 };
  }

  it.each(Object.keys(sizes))('%s has as many tensors and numbers as in PyTorch', (name) => {
    const base: ClipArchitecture = {
      ...{ kind: 'clip', activation: 'quick-gelu', embed_dim: 512, image_size: 224, patch: 32 },
      ...{ vision_dim: 768, vision_depth: 12, vision_heads: 12, vision_mlp_size: 3072, text_length: 77 },
      ...{ text_vocab: 49_408, text_dim: 512, text_depth: 12, text_heads: 8, text_mlp_size: 2048 },
    };
    const shapes = [...expectedNetTensors({ ...base, ...sizes[name] }).values()];
    const parameters = shapes.reduce((sum, shape) => sum + shape.reduce((product, size) => product * size, 1), 0);
    expect({ tensors: shapes.length, parameters }).toEqual(clipGolden.record.fullSizes[name]);
  });

  it.each([
    ['image_size', 33],
    ['vision_heads', 3],
    ['text_heads', 0],
    ['activation', 'relu'],
    ['text_vocab', 2 ** 21],
    ['colour', 'blue'],
  ])('with %s %s are refused', (name, value) => {
    const fields = new Map(Object.entries({ ...TINY, [name]: value }));
    expect(() => readClip(fields)).toThrow(expect.objectContaining({ code: 'E_ARCHITECTURE' }));
    expect(() => readClip(fields)).toThrow(name);
  });
});
