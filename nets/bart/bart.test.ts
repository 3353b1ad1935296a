/**
 * BART against the original classes of min-dalle: whole pictures and token by token, on every device. Ours may be 16
 * times as far from float64 as PyTorch's own float32 is (design section 5).
 */
import { describe, expect, test } from 'vitest';
import { referenceDevice, type Device } from '../../engine/index.ts';
import { bartCases, keepBarts, type BartCase } from '../../test/helpers/bart-golden.ts';
import { expectClose } from '../../test/helpers/close.ts';
import { makeCpuTestDevice, openCpuTestDevice } from '../../test/helpers/cpu-device.ts';
import { deviceVariants, openTestDevice, openVariant } from '../../test/helpers/devices.ts';
import { drawTokens } from '../dalle/draw.ts';
import { resolveSampling } from '../sampling/settings.ts';
import { netTensors } from '../weights.ts';
import { Bart } from './bart.ts';
import { imageTokens } from './architecture.ts';

const load = keepBarts();
const [mini, mega] = bartCases as [BartCase, BartCase];

const devices: Readonly<Record<string, () => Promise<Device>>> = {
  reference: async () => referenceDevice,
  cpu: async () => openCpuTestDevice(),
  webgl: openTestDevice,
};
const everywhere = bartCases.flatMap((given) => Object.keys(devices).map((device) => ({ ...given, device })));

/** 16 times PyTorch's own error. */
const boundOf = ({ errors }: BartCase): number => 16 * errors.logits.maxError;

/** The same picture for both texts. */
const twice = (image: Int32Array): Int32Array => Int32Array.of(...image, ...image);

describe('a whole picture has the logits of the original', () => {
  test.each(everywhere)('$name on $device', async ({ device, ...given }) => {
    const bart = await load(given, { device: await devices[device]!() });
    expectClose(await bart.imageLogits(given.text, twice(given.image)), given.logits, boundOf(given));
  });

  test.each(deviceVariants)('on $name', async (variant) => {
    const bart = await load(mini, { device: await openVariant(variant) });
    expectClose(await bart.imageLogits(mini.text, twice(mini.image)), mini.logits, boundOf(mini));
  });

  test('without any rewrite', async () => {
    const bart = await load(mega, { device: await openTestDevice(), rules: [] });
    expectClose(await bart.imageLogits(mega.text, twice(mega.image)), mega.logits, boundOf(mega));
  });
});

/** Logits of a position for every candidate, those of the first text first. */
function pickRows({ logits, decoder }: BartCase, position: number, batch: number): Float64Array {
  const [length, width] = [imageTokens(decoder), decoder.image_vocab];
  return Float64Array.from({ length: batch * width }, (_, at) => {
    const text = Math.floor((2 * Math.floor(at / width)) / batch);
    return logits[(text * length + position) * width + (at % width)]!;
  });
}

async function decodeGiven(bart: Bart, given: BartCase, batch: number): Promise<void> {
  const decoding = await bart.begin(given.text, batch);
  expectClose(decoding.first, pickRows(given, 0, batch), boundOf(given));
  for (let position = 1; position < imageTokens(given.decoder); position++) {
    const logits = await decoding.step(new Int32Array(batch).fill(given.image[position - 1]!));
    expectClose(logits, pickRows(given, position, batch), boundOf(given), { label: `position ${position}` });
  }
  await expect(decoding.step(new Int32Array(batch))).rejects.toMatchObject({ code: 'E_SHAPE' });
  decoding.dispose();
}

describe('token by token it has the same', () => {
  test.each(everywhere)('$name on $device', async ({ device, ...given }) => {
    const bart = await load(given, { device: await devices[device]!() });
    await decodeGiven(bart, given, 2);
    await decodeGiven(bart, given, 6); // three candidates share what is kept of their text
  });

  test.each(Object.keys(devices))('a row at a time, on %s', async (device) => {
    const bart = await load(mini, { device: await devices[device]!() });
    const decoding = await bart.begin(mini.text, 4);
    expectClose(await decoding.readRow(mini.image.slice(0, 3)), pickRows(mini, 3, 4), boundOf(mini));
    expectClose(await decoding.readRow(mini.image.slice(3, 6)), pickRows(mini, 6, 4), boundOf(mini));
    expectClose(await decoding.step(new Int32Array(4).fill(mini.image[6]!)), pickRows(mini, 7, 4), boundOf(mini));
    const { tokens } = await decoding.stepGreedy(new Int32Array(4).fill(mini.image[7]!));
    const best = [0, 1].map((text) => {
      const row = pickRows(mini, 8, 2).subarray(text * mini.decoder.image_vocab, (text + 1) * mini.decoder.image_vocab);
      return row.indexOf(Math.max(...row));
    });
    expect([...tokens]).toEqual([best[0], best[0], best[1], best[1]]);
    decoding.dispose();
  });

  test.each(Object.keys(devices))('texts are cut where all have pads, which changes nothing, on %s', async (device) => {
    const bart = await load(mini, { device: await devices[device]!() });
    const short = Int32Array.of(0, 5, 2, 1, 1, 1, 1, 1, 0, 2, 1, 1, 1, 1, 1, 1);
    const whole = await bart.imageLogits(short, twice(mini.image));
    const width = mini.decoder.image_vocab;
    for (const text of [short, mini.text, short]) {
      const decoding = await bart.begin(text, 2);
      const second = await decoding.step(new Int32Array(2).fill(mini.image[0]!));
      decoding.dispose();
      if (text !== short) continue;
      const places = [0, 1].map((at) => at * imageTokens(mini.decoder));
      for (const [position, logits] of [decoding.first, second].entries()) {
        const expected = places.flatMap((at) => [
          ...whole.subarray((at + position) * width, (at + position + 1) * width),
        ]);
        expectClose(logits, expected, boundOf(mini), { label: `position ${position}` });
      }
    }
  });

  test('what only texts need is on the device while they are read, and no longer', async () => {
    const parts = await mini.open();
    const read: string[] = [];
    const watch = <Half extends (typeof parts)['encoder' | 'decoder']>(half: Half): Half => {
      const watched = [...netTensors(half)].map(([name, { shape, dtype, read: readAll }]) => {
        const readOnce: typeof readAll = () => (read.push(`${half.architecture.kind} ${name}`), readAll());
        return [name, { shape, dtype, read: readOnce }] as const;
      });
      return { ...half, byNetName: new Map(watched) };
    };
    using device = makeCpuTestDevice();
    await using bart = new Bart({ encoder: watch(parts.encoder), decoder: watch(parts.decoder) }, { device });
    const swapped = Int32Array.of(...mini.text.subarray(8), ...mini.text.subarray(0, 8));
    // Candidates of one text come in batches: it is read for the first of them alone.
    for (const text of [mini.text, mini.text, swapped]) {
      const decoding = await bart.begin(text, 2);
      await decoding.step(new Int32Array(2));
      decoding.dispose();
    }
    const times = (name: string): number => read.filter((other) => other === name).length;
    expect(times('bart-encoder embed_tokens.weight')).toBe(2);
    expect(times('bart-decoder layers.0.encoder_attn.k_proj.weight')).toBe(2);
    expect(times('bart-decoder layers.0.self_attn.k_proj.weight')).toBe(1);
    expect(times('bart-decoder embed_tokens.weight')).toBe(1);
  });

  test('a second text reads nothing of the first', async () => {
    const bart = await load(mini, { device: openCpuTestDevice() });
    const swapped = Int32Array.of(...mini.text.subarray(8), ...mini.text.subarray(0, 8));
    const first = await bart.begin(swapped, 2);
    first.dispose();
    await decodeGiven(bart, mini, 2);
  });
});

describe('drawn greedily it gives the tokens of the original', () => {
  const drawings = everywhere.flatMap((given) => given.greedy.map((greedy) => ({ ...given, ...greedy })));

  test.each(drawings)('$name, guidance $guidance, on $device', async ({ device, guidance, tokens, ...given }) => {
    const bart = await load(given, { device: await devices[device]!() });
    const settings = resolveSampling({ topK: 1, guidance, seed: 1, count: 2 });
    const length = given.encoder.text_length;
    const texts = { text: given.text.slice(length), emptyText: given.text.slice(0, length) };
    const kept = new Int32Array(imageTokens(given.decoder)).fill(-1);
    const drawn: number[][] = [];
    for await (const step of drawTokens(bart, { ...texts, settings, first: 0, count: 2, kept }, {})) {
      drawn.push([...step.tokens]);
    }
    expect(drawn).toEqual(tokens.map((token) => [token, token]));
  });
});

describe('what it is given', () => {
  const words = (ids: readonly number[]) => ({
    vocabularySize: 29,
    encode: () => [...ids],
    decode: (tokens: ArrayLike<number>) => Array.from(tokens).join(' '),
    explain: () => [],
  });

  test('is put between start and end, and what guidance starts from has no words', async () => {
    const bart = await load(mini, { device: referenceDevice });
    expect(await bart.prepareText(words([17, 5, 28]), 'a text')).toEqual({
      text: Int32Array.of(0, 17, 5, 28, 2, 1, 1, 1),
      emptyText: Int32Array.of(0, 2, 1, 1, 1, 1, 1, 1),
    });
    expect((await bart.prepareText(words([]), '')).text).toEqual(Int32Array.of(0, 2, 1, 1, 1, 1, 1, 1));
  });

  test('is cut as the original cuts: the end is lost, and guidance starts from the last word', async () => {
    const bart = await load(mini, { device: referenceDevice });
    await expect(bart.prepareText(words([3, 4, 5, 6, 7, 8, 9]), 'long')).rejects.toMatchObject({
      code: 'E_TEXT_TOO_LONG',
      message: expect.stringContaining('has 7 tokens and this model reads 6') as string,
    });
    expect(await bart.prepareText(words([3, 4, 5, 6, 7, 8, 9]), 'long', { truncate: true })).toEqual({
      text: Int32Array.of(0, 3, 4, 5, 6, 7, 8, 9),
      emptyText: Int32Array.of(0, 9, 1, 1, 1, 1, 1, 1),
    });
  });

  test.each([
    ['a word beyond the vocabulary', [3, 29], /token 29 at position 1 is outside 0 … 28/],
    ['a pad for a word', [3, 1], /a word is token 1, the pad/],
  ])('%s is refused', async (_, ids, message) => {
    const bart = await load(mini, { device: referenceDevice });
    await expect(bart.prepareText(words(ids), 'x')).rejects.toThrow(message);
  });

  test.each<[string, number[], RegExp]>([
    ['a row too short', [0, 2, 1], /rows of 8 tokens, got 3/],
    ['pads between tokens', [0, 1, 5, 2, 1, 1, 1, 1], /row 0 of the text has a pad \(1\) between tokens/],
    ['nothing but pads', [1, 1, 1, 1, 1, 1, 1, 1], /has a pad \(1\) in front/],
    ['a token beyond the vocabulary', [0, 29, 1, 1, 1, 1, 1, 1], /text token 29 at position 1/],
  ])('%s is refused', async (_, text, message) => {
    const bart = await load(mini, { device: referenceDevice });
    await expect(bart.begin(Int32Array.from(text), 1)).rejects.toThrow(message);
    await expect(bart.imageLogits(Int32Array.from(text), mini.image)).rejects.toThrow(message);
  });

  test('halves of two models are refused', async () => {
    const parts = await mini.open();
    const { architecture, ...rest } = parts.encoder;
    const other = { ...rest, architecture: { ...architecture, dim: 64 } };
    expect(() => new Bart({ ...parts, encoder: other }, { device: referenceDevice })).toThrow(
      /gives vectors of 64 numbers and the decoder reads 32/,
    );
    await Promise.all(Object.values(parts).map((weights) => weights.close()));
  });
});
