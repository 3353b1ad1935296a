/**
 * A transformer in use: which tokens it takes, how it is prepared, stopped and disposed; and what a token may change.
 */
import { describe, expect, test } from 'vitest';
import { deriveTables } from './tables.ts';
import { wholeSequence } from './sequence.ts';
import { netTensors } from '../weights.ts';
import { growTree } from '../weight-tree.ts';
import { compile } from '../../ops/index.ts';
import { findMarked, referenceDevice } from '../../engine/index.ts';
import type { WebGLDevice } from '../../engine/index.ts';
import { sees } from '../../ops/attention/mask.ts';
import { expectClose } from '../../test/helpers/close.ts';
import { openTestDevice } from '../../test/helpers/devices.ts';
import { computeLogits, keepTransformers } from '../../test/helpers/transformers.ts';
import { findCase, type TransformerCase } from '../../test/helpers/transformer-golden.ts';
import { imagePositions, textPositions, textRows } from './architecture.ts';
import type { Decoding } from '../decoding.ts';
import { maskOf } from './sequence.ts';

const load = keepTransformers();

describe('what a token may change', () => {
  const given = findCase('paper');
  const count = imagePositions(given.architecture);
  const { image_vocab } = given.architecture;
  const rowOf = (logits: Float32Array, position: number): number[] => [
    ...logits.subarray(position * image_vocab, (position + 1) * image_vocab),
  ];

  test('later image logits only; no bit of the text or of what is before', async () => {
    const device = await openTestDevice();
    const before = await computeLogits(device, given);
    for (const changed of [0, 7, count - 2]) {
      const image = given.image.map((token, at) => (at === changed ? (token + 1) % image_vocab : token));
      const after = await computeLogits(device, { ...given, image });
      expect(after.text).toEqual(before.text);
      for (let position = 0; position < 2 * count; position++) {
        const same = position <= changed || position >= count; // the other sequence
        if (same) expect(rowOf(after.image, position)).toEqual(rowOf(before.image, position));
      }
      expect(rowOf(after.image, changed + 1)).not.toEqual(rowOf(before.image, changed + 1));
    }
  });

  test.each(['row', 'column', 'conv'] as const)('in one layer of kind %s, where the mask shows it', async (kind) => {
    const device = await openTestDevice();
    const single: TransformerCase = {
      ...given,
      architecture: { ...given.architecture, depth: 1, attention: [kind] },
    };
    const mask = maskOf(single.architecture, 0);
    const before = await computeLogits(device, single);
    const changed = 6;
    const image = single.image.map((token, at) => (at === changed ? (token + 1) % image_vocab : token));
    const after = await computeLogits(device, { ...single, image });
    // The logits at place p of the output are made by the token at p - 1.
    for (let position = 1; position < count; position++) {
      const seen = sees(mask, mask.text + position - 1, mask.text + changed);
      const rows = [after, before].map(({ image }) => rowOf(image, position));
      if (seen) expect(rows[0], `${position}`).not.toEqual(rows[1]);
      else expect(rows[0], `${position}`).toEqual(rows[1]);
    }
  });

  test('a pad is of its position: another one is another text', async () => {
    const device = await openTestDevice();
    const transformer = await load(device, given);
    const { text_vocab, text_length } = given.architecture;
    const pads = Int32Array.from({ length: text_length }, (_, position) => text_vocab + position);
    const swapped = pads.map((pad, position) => (position < 2 ? pads[1 - position]! : pad));
    const image = given.image.subarray(0, count);
    const [right, wrong] = [await transformer.imageLogits(pads, image), await transformer.imageLogits(swapped, image)];
    expect(right).not.toEqual(wrong);
  });
});

test('the scores of every layer can be had beside the logits, which they leave as they are', async () => {
  const { architecture, text, image, open } = findCase('paper');
  const weights = await open();
  const tree = growTree(deriveTables(architecture, netTensors(weights)));
  const count = imagePositions(architecture);
  const names = [0, architecture.depth - 1].map((layer) => `layers.${layer}.attention.scores`);
  const inputs = {
    text: { shape: [2, textPositions(architecture)], dtype: 'i32' },
    image: { shape: [2, count - 1], dtype: 'i32' },
  } as const;
  const given = { text, image: image.filter((_, at) => at % count < count - 1) };
  const results = await Promise.all(
    [await openTestDevice(), referenceDevice].map(async (device) => {
      const plan = compile(
        device,
        (fed) => {
          const logits = wholeSequence(architecture, tree, fed.text, fed.image).image;
          return { logits, ...findMarked(logits, names) };
        },
        inputs,
      );
      const result = (await plan.run(given)) as Record<string, Float32Array>;
      plan.dispose();
      return result;
    }),
  );
  const plain = await computeLogits(await openTestDevice(), findCase('paper'));
  expect(results[0]!['logits']).toEqual(plain.image);
  // Keys that a query does not see score -3e38: their softmax is 0, so only the others are compared.
  for (const name of names) {
    const [ours, wanted] = results.map((result) => result[name]!.map((score) => Math.max(score, -1e4)));
    expectClose(ours!, wanted!, 1e-3, { label: name });
  }
  await weights.close();
});

describe('a transformer in use', () => {
  const given = findCase('mindalle');
  const { architecture, text, image } = given;
  const positions = textPositions(architecture);
  const one = text.subarray(0, positions);

  const drive = async (decoding: Decoding, steps: number): Promise<Float32Array> => {
    let logits = decoding.first;
    for (let step = 0; step < steps; step++) logits = await decoding.step(Int32Array.of(image[step]!));
    return logits;
  };

  test('two decodings at once do not disturb each other', async () => {
    const transformer = await load(await openTestDevice(), given);
    const [a, b] = [await transformer.begin(one, 1), await transformer.begin(text.subarray(positions), 1)];
    const [x, y] = await Promise.all([drive(a, 4), drive(b, 4)]);
    a.dispose();
    b.dispose();
    const alone = await transformer.begin(one, 1);
    expect(await drive(alone, 4)).toEqual(x);
    expect(y).not.toEqual(x);
    alone.dispose();
  });

  test('many decodings take no more memory than two', async () => {
    const device: WebGLDevice = await openTestDevice();
    const transformer = await load(device, given);
    const once = async (): Promise<void> => {
      const decoding = await transformer.begin(one, 1);
      await drive(decoding, 1);
      decoding.dispose();
    };
    for (let round = 0; round < 2; round++) await once();
    const before = device.gpu.textures.ledger();
    for (let round = 0; round < 100; round++) await once();
    expect(device.gpu.textures.ledger()).toEqual(before);
    const other = await load(device, given);
    await other.dispose();
    expect(device.gpu.textures.ledger()).toEqual(before);
  });

  test('disposed, it leaves nothing behind and says so to later calls', async () => {
    const device = await openTestDevice();
    const before = device.gpu.textures.ledger();
    const transformer = await load(device, given);
    const decoding = await transformer.begin(one, 1);
    expect(device.gpu.textures.ledger().stateBytes).toBeGreaterThan(before.stateBytes);
    const working = transformer.imageLogits(text, image);
    await transformer.dispose();
    expect((await working).length).toBe(given.imageLogits.length);
    decoding.dispose();
    decoding.dispose();
    const { liveTextures, stateBytes } = device.gpu.textures.ledger();
    expect({ liveTextures, stateBytes }).toEqual({ liveTextures: before.liveTextures, stateBytes: before.stateBytes });
    await expect(transformer.begin(one, 1)).rejects.toMatchObject({ code: 'E_DISPOSED' });
    await expect(transformer.imageLogits(text, image)).rejects.toMatchObject({ code: 'E_DISPOSED' });
    await expect(decoding.step(Int32Array.of(0))).rejects.toMatchObject({ code: 'E_DISPOSED' });
  });

  test('refuses tokens that are none, texts and batches that do not fit, and a step too many', async () => {
    const transformer = await load(await openTestDevice(), given);
    const unknown = Int32Array.from(one, (token, at) => (at === 1 ? textRows(architecture) : token));
    await expect(transformer.begin(unknown, 1)).rejects.toMatchObject({ code: 'E_TOKEN' });
    await expect(transformer.begin(text.subarray(1), 1)).rejects.toMatchObject({ code: 'E_SHAPE' });
    await expect(transformer.begin(text, 3)).rejects.toMatchObject({ code: 'E_SHAPE' });
    await expect(transformer.begin(one, 0)).rejects.toMatchObject({ code: 'E_SHAPE' });
    await expect(transformer.imageLogits(one, image)).rejects.toMatchObject({ code: 'E_SHAPE' });
    const decoding = await transformer.begin(one, 1);
    await expect(decoding.step(Int32Array.of(architecture.image_vocab))).rejects.toMatchObject({ code: 'E_TOKEN' });
    await expect(decoding.step(Int32Array.of(1, 2))).rejects.toMatchObject({ code: 'E_SHAPE' });
    await drive(decoding, imagePositions(architecture) - 1);
    await expect(decoding.step(Int32Array.of(0))).rejects.toMatchObject({ code: 'E_SHAPE' });
    decoding.dispose();
  });

  test('weights with a NaN give no logits', async () => {
    const broken: TransformerCase = {
      ...given,
      async open() {
        const weights = await given.open();
        const norm = weights.tensors.get('final_norm.bias')!;
        const spoilt = { ...norm, read: async () => (await norm.read()).fill(NaN, 3, 4) };
        return { ...weights, tensors: new Map([...weights.tensors, ['final_norm.bias', spoilt]]) };
      },
    };
    const transformer = await load(await openTestDevice(), broken);
    await expect(transformer.imageLogits(text, image)).rejects.toMatchObject({ code: 'E_NOT_FINITE' });
    await expect(transformer.begin(one, 1)).rejects.toMatchObject({ code: 'E_NOT_FINITE' });
  });
});
