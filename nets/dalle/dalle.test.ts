/**
 * Text to picture with the model of the package: the same seed the same tokens, candidates that stand alone, forced
 * tokens, guidance, scores, stopping, bad input, and memory that does not grow.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundledModel, loadDalle, type GenerateOptions, type GenerateStep } from '../../node.ts';
import { openTestDevice } from '../../test/helpers/devices.ts';
import type { Dalle } from './dalle.ts';

const device = await openTestDevice();
let dalle: Dalle;

beforeAll(async () => {
  dalle = await loadDalle(bundledModel, { device });
});
afterAll(() => dalle.dispose());

async function finish(steps: AsyncIterable<GenerateStep>): Promise<GenerateStep> {
  let last: GenerateStep | undefined;
  for await (const step of steps) last = step;
  return last!;
}

const draw = (text: string, options: GenerateOptions = {}): Promise<GenerateStep> =>
  finish(dalle.generate(text, options));

/** Tokens of one candidate. */
function tokensOf({ tokens }: GenerateStep, candidate = 0): number[] {
  return [...tokens.data.slice(candidate * 256, (candidate + 1) * 256)];
}

describe('generate', () => {
  test('gives the same tokens for the same seed, and candidate i those of seed + i', async () => {
    const four = await draw('red heart', { count: 3, seed: 7 });
    expect(four.tokens.shape).toEqual([3, 16, 16]);
    expect(four.image!.shape).toEqual([3, 3, 128, 128]);
    const third = await draw('red heart', { count: 1, seed: 9 });
    expect(tokensOf(third)).toEqual(tokensOf(four, 2));
    expect(third.logProbabilities[0]).toBeCloseTo(four.logProbabilities[2]!, 3);
    const other = await draw('red heart', { count: 1, seed: 10, temperature: 2, topK: 1024 });
    expect(tokensOf(other)).not.toEqual(tokensOf(third));
  });

  test('yields a step a position, with pictures that grow where they are asked for', async () => {
    const steps: GenerateStep[] = [];
    for await (const step of dalle.generate('blue butterfly', { count: 1, seed: 1, imageEvery: 8 })) steps.push(step);
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 256 }, (_, i) => i + 1));
    expect(steps.filter(({ image }) => image).map(({ step }) => step)).toEqual([128, 256]);
    expect(steps[99]!.tokens.data.filter((token) => token >= 0)).toHaveLength(100);
    const half = steps[127]!.image!.data;
    expect(half[3 * 128 * 128 - 1]).toBe(1); // white where nothing is drawn
    expect(steps[255]!.image!.data).not.toEqual(half);
  });

  test('greedy picks on the device are those of the logits, and their likelihood too', async () => {
    const onDevice = await draw('red heart', { topK: 1, count: 1 });
    // A temperature this low leaves nothing but the likeliest token, by way of the logits.
    const byLogits = await draw('red heart', { topK: 2, temperature: 1e-3, count: 1 });
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
    const before = device.textures.ledger().liveTextures;
    const controller = new AbortController();
    const stopped = (async () => {
      for await (const { step } of dalle.generate('castle', { count: 1, signal: controller.signal })) {
        if (step === 5) controller.abort();
      }
    })();
    await expect(stopped).rejects.toMatchObject({ code: 'E_ABORTED' });
    for await (const { step } of dalle.generate('castle', { count: 1 })) if (step === 3) break;
    expect(device.textures.ledger()).toMatchObject({ liveTextures: before, passingBytes: 0 });
    expect((await draw('castle', { count: 1, topK: 1 })).step).toBe(256);
  });

  test.each<[string, string, GenerateOptions, string]>([
    ['a text that is too long', 'red '.repeat(20), {}, 'E_TEXT_TOO_LONG'],
    ['temperature 0', 'x', { temperature: 0 }, 'E_SAMPLING'],
    ['temperature NaN', 'x', { temperature: NaN }, 'E_SAMPLING'],
    ['top-k over the vocabulary', 'x', { topK: 1025 }, 'E_SAMPLING'],
    ['top-p 0', 'x', { topP: 0 }, 'E_SAMPLING'],
    ['no candidates', 'x', { count: 0 }, 'E_SAMPLING'],
    ['a broken seed', 'x', { seed: 1.5 }, 'E_SAMPLING'],
  ])('refuses %s', async (_name, text, options, code) => {
    await expect(draw(text, { count: 1, ...options })).rejects.toMatchObject({ code });
  });

  test('takes odd texts: none, NUL, pictures, half a letter, and a long one cut', async () => {
    for (const text of ['', '\0', '🦊 ❤️', '\ud800', 'red '.repeat(20)]) {
      const step = await dalle.generate(text, { count: 1, truncate: true }).next();
      expect(step.value!.step).toBe(1);
    }
  });
});

describe('complete', () => {
  test('keeps what it is told to keep, and draws the rest in raster order', async () => {
    const { tokens, image } = await draw('red heart', { count: 1, seed: 9 });
    const pixels = { data: image!.data, shape: [1, 3, 128, 128] } as const;
    const encoded = (await dalle.dvae.encode(pixels)).data;
    const selection = { keep: [{ x: 0, y: 0, width: 1, height: 0.5 }] };
    const options = { selection, count: 2, seed: 5 };
    const completed = await finish(dalle.complete(pixels, 'blue butterfly', options));
    for (const candidate of [0, 1])
      expect(tokensOf(completed, candidate).slice(0, 128)).toEqual([...encoded.slice(0, 128)]);
    expect(tokensOf(completed).slice(128)).not.toEqual([...tokens.data.slice(128)]);
  });

  test('with everything after a prefix to draw, draws as one that generated the prefix itself', async () => {
    const drawn = await draw('green rocket', { count: 1, seed: 2 });
    const pixels = { data: drawn.image!.data, shape: [1, 3, 128, 128] } as const;
    const encoded = [...(await dalle.dvae.encode(pixels)).data];
    // The dVAE need not give back the tokens it was given: continue from those it does give.
    const same = tokensOf(drawn).findIndex((token, at) => token !== encoded[at]);
    const rows = Math.floor((same < 0 ? 256 : same) / 16);
    const selection = { redraw: [{ x: 0, y: rows / 16, width: 1, height: 1 - rows / 16 }] };
    if (rows === 16) return;
    const again = await finish(dalle.complete(pixels, 'green rocket', { selection, count: 1, seed: 2 }));
    expect(tokensOf(again)).toEqual(tokensOf(drawn));
  });

  test('refuses a picture of another size, and nothing to draw', async () => {
    const pixels = { data: new Float32Array(3 * 64 * 64), shape: [1, 3, 64, 64] } as const;
    const all = { selection: { redraw: [{ x: 0, y: 0, width: 1, height: 1 }] }, count: 1 };
    await expect(finish(dalle.complete(pixels, 'x', all))).rejects.toMatchObject({ code: 'E_SHAPE' });
    const none = { selection: { keep: [{ x: 0, y: 0, width: 1, height: 1 }] }, count: 1 };
    await expect(finish(dalle.complete(pixels, 'x', none))).rejects.toMatchObject({ code: 'E_REGION' });
  });
});

describe('score', () => {
  test('finds the text a picture was drawn for', async () => {
    const { image } = await draw('red heart', { count: 1, topK: 1 });
    const pixels = { data: image!.data, shape: [1, 3, 128, 128] } as const;
    const [right, wrong] = [await dalle.score('red heart', pixels), await dalle.score('castle', pixels)];
    expect(right).toBeGreaterThan(0);
    expect(right).toBeLessThan(wrong);
  });
});

test('nothing grows over a hundred drawings', async () => {
  await draw('red heart', { count: 1, topK: 1 });
  const before = device.textures.ledger();
  for (let i = 0; i < 100; i++) {
    for await (const { step } of dalle.generate('red heart', { count: 1, seed: i })) if (step === 4) break;
  }
  const after = device.textures.ledger();
  expect(after).toEqual(before);
});

test('a model that was disposed says so', async () => {
  const other = await loadDalle(bundledModel, { device });
  await other.dispose();
  await expect(finish(other.generate('x', { count: 1 }))).rejects.toMatchObject({ code: 'E_DISPOSED' });
});
