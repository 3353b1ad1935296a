/**
 * Text to picture: the same seed the same tokens, candidates that stand alone, forced tokens, guidance, scores,
 * stopping, bad input, and memory that does not grow. Mostly with weights by chance, of 4 × 3 tokens; the model of the
 * package where it matters that something was learnt.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundledModel, loadDalle, type GenerateOptions, type GenerateStep } from '../../node.ts';
import { openTestDevice } from '../../test/helpers/devices.ts';
import { makeTinyDalle } from '../../test/helpers/tiny-dalle.ts';
import { makeWorkplace } from '../../test/helpers/workplace.ts';
import type { Pixels } from '../picture-coder.ts';
import { uniformAt } from '../sampling/random.ts';
import { sampleToken } from '../sampling/sample-token.ts';
import type { Dalle } from './dalle.ts';
import { drawTokens } from './draw.ts';

const device = await openTestDevice();
const place = makeWorkplace();
const tokenCount = 12;
let dalle: Dalle;

beforeAll(async () => {
  dalle = await loadDalle(await makeTinyDalle(place.path('model')), { device });
});
afterAll(async () => {
  await dalle.dispose();
  place.remove();
});

async function finish(steps: AsyncIterable<GenerateStep>): Promise<GenerateStep> {
  let last: GenerateStep | undefined;
  for await (const step of steps) last = step;
  return last!;
}

const draw = (text: string, options: GenerateOptions = {}): Promise<GenerateStep> =>
  finish(dalle.generate(text, options));

/** One picture, as `complete` and `score` take it. */
function pixelsOf({ data, shape: [, , height, width] }: Pixels): Pixels {
  return { data, shape: [1, 3, height!, width!] };
}

/** Tokens of one candidate. */
function tokensOf({ tokens }: GenerateStep, candidate = 0): number[] {
  return [...tokens.data.slice(candidate * tokenCount, (candidate + 1) * tokenCount)];
}

describe('generate', () => {
  test('gives the same tokens for the same seed, and candidate i those of seed + i', async () => {
    const four = await draw('red heart', { count: 3, seed: 7 });
    expect(four.tokens.shape).toEqual([3, 4, 3]);
    expect(four.image!.shape).toEqual([3, 3, 32, 24]);
    const third = await draw('red heart', { count: 1, seed: 9 });
    expect(tokensOf(third)).toEqual(tokensOf(four, 2));
    expect(third.logProbabilities[0]).toBeCloseTo(four.logProbabilities[2]!, 3);
    const other = await draw('red heart', { count: 1, seed: 10, temperature: 2, topK: 16 });
    expect(tokensOf(other)).not.toEqual(tokensOf(third));
  });

  test('a candidate of a later batch draws as it would in one batch with the rest: with seed + i, no other', async () => {
    const rows = await dalle.transformer.prepareText(dalle.tokenizer, 'red heart');
    const kept = new Int32Array(tokenCount).fill(-1);
    const settings = dalle.settingsFor({ count: 3, seed: 7 });
    const all = await draw('red heart', { count: 3, seed: 7 });
    const later: number[] = [];
    const request = { ...rows, settings, first: 2, count: 1, kept };
    for await (const { tokens } of drawTokens(dalle.transformer, request, {})) later.push(tokens[0]!);
    expect(later).toEqual(tokensOf(all, 2));

    const decoding = await dalle.transformer.begin(rows.text, 1);
    const firstTokens = [7, 8, 9].map((seed) => {
      return sampleToken({ conditional: decoding.first }, settings, uniformAt(seed, 0)).token;
    });
    decoding.dispose();
    expect([0, 1, 2].map((candidate) => tokensOf(all, candidate)[0])).toEqual(firstTokens);
  });

  test('a seed that nobody named is random, the same in all steps, and draws the same again', async () => {
    const steps: GenerateStep[] = [];
    for await (const step of dalle.generate('red heart', { count: 2 })) steps.push(step);
    const { settings } = steps[0]!;
    expect(settings).toEqual(dalle.settingsFor({ count: 2, seed: settings.seed }));
    for (const step of steps) expect(step.settings).toEqual(settings);
    expect(tokensOf(await draw('red heart', settings), 1)).toEqual(tokensOf(steps.at(-1)!, 1));
    const next = await dalle.generate('red heart', { count: 1 }).next();
    expect(next.value!.settings.seed).not.toBe(settings.seed);
    const selection = { redraw: [{ x: 0, y: 0, width: 1, height: 1 }] };
    const completed = await finish(
      dalle.complete(pixelsOf((await draw('', { count: 1, seed: 1 })).image!), 'x', { selection, count: 1 }),
    );
    expect(Number.isInteger(completed.settings.seed)).toBe(true);
  });

  test('yields a step a position, with pictures that grow where they are asked for', async () => {
    const steps: GenerateStep[] = [];
    for await (const step of dalle.generate('blue butterfly', { count: 1, seed: 1, imageEvery: 2 })) steps.push(step);
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: tokenCount }, (_, i) => i + 1));
    expect(steps.filter(({ image }) => image).map(({ step }) => step)).toEqual([6, 12]);
    expect(steps[4]!.tokens.data.filter((token) => token >= 0)).toHaveLength(5);
    const lower = (at: number): Float32Array =>
      steps[at]!.image!.data.filter((_, pixel) => pixel % (32 * 24) >= 16 * 24);
    const isWhite = (value: number): boolean => value === 1;
    expect(lower(5).every(isWhite)).toBe(true); // nothing is drawn there yet
    expect(steps[5]!.image!.data.every(isWhite)).toBe(false);
    expect(lower(11).every(isWhite)).toBe(false);
  });

  test('greedy picks on the device are those of the logits, and their likelihood too', async () => {
    const onDevice = await draw('red heart', { topK: 1, count: 1, seed: 1 });
    // A temperature this low leaves nothing but the likeliest token, by way of the logits.
    const byLogits = await draw('red heart', { topK: 2, temperature: 1e-3, count: 1, seed: 1 });
    expect(tokensOf(onDevice)).toEqual(tokensOf(byLogits));
    expect(onDevice.logProbabilities[0]).toBeCloseTo(byLogits.logProbabilities[0]!, 3);
  });

  test('guidance 0 draws what the empty text would', async () => {
    const guided = await draw('red heart', { guidance: 0, count: 1, seed: 3 });
    const empty = await draw('', { count: 1, seed: 3 });
    expect(tokensOf(guided)).toEqual(tokensOf(empty));
    const doubled = await draw('red heart', { guidance: 2, count: 2, seed: 3 });
    expect(tokensOf(doubled, 1)).toEqual(tokensOf(await draw('red heart', { guidance: 2, count: 1, seed: 4 })));
  });

  test('stops when asked, and lets everything go', async () => {
    const before = device.gpu.textures.ledger().liveTextures;
    const controller = new AbortController();
    const stopped = (async () => {
      for await (const { step } of dalle.generate('castle', { count: 1, seed: 1, signal: controller.signal })) {
        if (step === 5) controller.abort();
      }
    })();
    await expect(stopped).rejects.toMatchObject({ code: 'E_ABORTED' });
    for await (const { step } of dalle.generate('castle', { count: 1, seed: 1 })) if (step === 3) break;
    expect(device.gpu.textures.ledger()).toMatchObject({ liveTextures: before, passingBytes: 0 });
    expect((await draw('castle', { count: 1, seed: 1, topK: 1 })).step).toBe(tokenCount);
  });

  test.each<[string, string, GenerateOptions, string]>([
    ['a text that is too long', 'red '.repeat(20), {}, 'E_TEXT_TOO_LONG'],
    ['temperature 0', 'x', { temperature: 0 }, 'E_SAMPLING'],
    ['temperature NaN', 'x', { temperature: NaN }, 'E_SAMPLING'],
    ['top-k over the vocabulary', 'x', { topK: 17 }, 'E_SAMPLING'],
    ['top-p 0', 'x', { topP: 0 }, 'E_SAMPLING'],
    ['no candidates', 'x', { count: 0 }, 'E_SAMPLING'],
    ['a broken seed', 'x', { seed: 1.5 }, 'E_SAMPLING'],
  ])('refuses %s', async (_name, text, options, code) => {
    await expect(draw(text, { count: 1, seed: 1, ...options })).rejects.toMatchObject({ code });
  });

  test('takes odd texts: none, NUL, pictures, half a letter, and a long one cut', async () => {
    for (const text of ['', '\0', '🦊 ❤️', '\ud800', 'red '.repeat(20)]) {
      const step = await dalle.generate(text, { count: 1, seed: 1, truncate: true }).next();
      expect(step.value!.step).toBe(1);
    }
  });
});

describe('complete', () => {
  test('keeps what it is told to keep, and draws the rest in raster order', async () => {
    const { tokens, image } = await draw('red heart', { count: 1, seed: 9 });
    const pixels = pixelsOf(image!);
    const encoded = (await dalle.coder.encode(pixels)).data;
    const selection = { keep: [{ x: 0, y: 0, width: 1, height: 0.5 }] };
    const options = { selection, count: 2, seed: 5 };
    const completed = await finish(dalle.complete(pixels, 'blue butterfly', options));
    for (const candidate of [0, 1])
      expect(tokensOf(completed, candidate).slice(0, 6)).toEqual([...encoded.slice(0, 6)]);
    expect(tokensOf(completed).slice(6)).not.toEqual([...tokens.data.slice(6)]);
  });

  test.each([1, 3, 4, 9, 11])('given the first %d tokens of a drawing, goes on as it did', async (length) => {
    const drawn = await draw('red heart', { count: 1, seed: 2, guidance: 2 });
    const kept = Int32Array.from(tokensOf(drawn), (token, at) => (at < length ? token : -1));
    const rows = await dalle.transformer.prepareText(dalle.tokenizer, 'red heart');
    const settings = dalle.settingsFor({ count: 1, seed: 2, guidance: 2 });
    const request = { ...rows, settings, first: 0, count: 1, kept };
    const again: number[] = [];
    for await (const { tokens, logProbabilities } of drawTokens(dalle.transformer, request, {})) {
      expect(logProbabilities[0] === 0).toBe(again.length < length);
      again.push(tokens[0]!);
    }
    expect(again).toEqual(tokensOf(drawn));
  });

  test('refuses a picture of another size, and nothing to draw', async () => {
    const pixels = { data: new Float32Array(3 * 24 * 24), shape: [1, 3, 24, 24] } as const;
    const all = { selection: { redraw: [{ x: 0, y: 0, width: 1, height: 1 }] }, count: 1, seed: 1 };
    await expect(finish(dalle.complete(pixels, 'x', all))).rejects.toMatchObject({ code: 'E_SHAPE' });
    const none = { selection: { keep: [{ x: 0, y: 0, width: 1, height: 1 }] }, count: 1, seed: 1 };
    await expect(finish(dalle.complete(pixels, 'x', none))).rejects.toMatchObject({ code: 'E_REGION' });
  });
});

test('score finds the text that a picture was drawn for', async () => {
  const trained = await loadDalle(bundledModel, { device });
  const { image } = await finish(trained.generate('red heart', { count: 1, seed: 1, topK: 1 }));
  const pixels = pixelsOf(image!);
  const [right, wrong] = [await trained.score('red heart', pixels), await trained.score('castle', pixels)];
  await trained.dispose();
  expect(right).toBeGreaterThan(0);
  expect(right).toBeLessThan(wrong);
});

test('nothing grows over a thousand drawings, most of them stopped', async () => {
  const drawMany = async (count: number): Promise<void> => {
    for (let seed = 0; seed < count; seed++) {
      for await (const { step } of dalle.generate('red heart', { count: 1, seed })) if (step === 4 && seed % 10) break;
    }
  };
  await drawMany(20);
  const before = device.gpu.textures.ledger();
  await drawMany(1000);
  expect(device.gpu.textures.ledger()).toEqual(before);
});

test('a model that was disposed says so', async () => {
  const other = await loadDalle(bundledModel, { device });
  await other.dispose();
  await expect(finish(other.generate('x', { count: 1, seed: 1 }))).rejects.toMatchObject({ code: 'E_DISPOSED' });
});
