/**
 * A DALL·E over a coder that is no dVAE: 16 × 16 pixels a token, all of one grey, which is the token itself. What takes
 * 8 pixels for granted anywhere gets sizes, gaps or selections wrong here.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { handOver } from '../../load/hand-over.ts';
import { openTokenizer } from '../../load/node/models.ts';
import { referenceDevice } from '../../node.ts';
import { makeTinyDalle } from '../../test/helpers/tiny-dalle.ts';
import { makeWorkplace } from '../../test/helpers/workplace.ts';
import { openModelFolder } from '../../weights-convert/node/open-model-folder.ts';
import type { PictureCoder, Pixels, TokenGrid } from '../picture-coder.ts';
import { Transformer } from '../transformer/transformer.ts';
import type { WeightsOf } from '../weights.ts';
import { Dalle } from './dalle.ts';
import type { GenerateStep } from './generate-options.ts';

const patch = 16;
const [rows, columns] = [4, 3];
const [height, width] = [rows * patch, columns * patch];
const place = makeWorkplace();
let dalle: Dalle;

/** Which of the H × W tokens each pixel of a plane belongs to. */
const tokenAt = (pixel: number): number =>
  Math.floor(Math.floor(pixel / width) / patch) * columns + Math.floor((pixel % width) / patch);

class GreyCoder implements PictureCoder {
  readonly patch: number = patch;
  readonly channels: number = 3;
  readonly precision = 'full' as const;
  readonly vocabularies: Readonly<Record<string, number>>;
  isDisposed = false;

  constructor(vocabulary = 16) {
    this.vocabularies = { codebook: vocabulary };
  }

  async encode({ data, shape }: Pixels): Promise<TokenGrid> {
    expect(shape).toEqual([1, 3, height, width]);
    const tokens = new Int32Array(rows * columns);
    for (let pixel = 0; pixel < height * width; pixel++) tokens[tokenAt(pixel)] = Math.round(16 * data[pixel]!);
    return { data: tokens, shape: [1, rows, columns] };
  }

  async decode({ data, shape }: TokenGrid): Promise<Pixels> {
    expect(shape).toEqual([1, rows, columns]);
    const pixels = Float32Array.from({ length: 3 * height * width }, (_, at) => {
      return data[tokenAt(at % (height * width))]! / 16;
    });
    return { data: pixels, shape: [1, 3, height, width] };
  }

  planFor(): ReturnType<PictureCoder['planFor']> {
    return { prepare: async () => {}, run: async () => new Float32Array(0), explain: () => '' };
  }

  async dispose(): Promise<void> {
    this.isDisposed = true;
  }
}

async function makeDalle(coder: PictureCoder): Promise<Dalle> {
  const model = await openModelFolder(place.path('model'), ['transformer', 'tokenizer']);
  return handOver(model, async ({ transformer, tokenizer }) => {
    const own = new Transformer(transformer as WeightsOf<'transformer'>, { device: referenceDevice });
    return new Dalle(coder, own, await openTokenizer(tokenizer!));
  });
}

beforeAll(async () => {
  await makeTinyDalle(place.path('model'));
  dalle = await makeDalle(new GreyCoder());
});
afterAll(async () => {
  await dalle.dispose();
  place.remove();
});

async function collect(steps: AsyncGenerator<GenerateStep>): Promise<GenerateStep[]> {
  const all: GenerateStep[] = [];
  for await (const step of steps) all.push(step);
  return all;
}

/** What the pixels of n pictures must be: the grey of each token, white where there is none. */
function paint({ data, shape: [count] }: TokenGrid): number[] {
  return Array.from({ length: count * 3 * height * width }, (_, at) => {
    const picture = Math.floor(at / (3 * height * width));
    const token = data[picture * rows * columns + tokenAt(at % (height * width))]!;
    return token < 0 ? 1 : token / 16;
  });
}

test('pictures are as large as the coder makes them, whole or in part', async () => {
  expect(dalle.pictureSize).toEqual({ width: 48, height: 64 });
  const steps = await collect(dalle.generate('red heart', { count: 2, seed: 3, imageEvery: 1 }));
  const shown = steps.filter(({ image }) => image);
  expect(shown).toHaveLength(rows);
  for (const { image, tokens } of shown) {
    expect(image!.shape).toEqual([2, 3, height, width]);
    expect([...image!.data]).toEqual(paint(tokens));
  }
});

test.each([
  ['a rectangle', { redraw: [{ x: 0, y: 0.5, width: 1, height: 0.5 }] }, [6, 7, 8, 9, 10, 11]],
  ['what is kept', { keep: [{ x: 1 / 3, y: 0, width: 2 / 3, height: 1 }] }, [0, 3, 6, 9]],
  ['a pixel of a mask', { mask: new Uint8Array(height * width).fill(255, 31 * width + 47, 31 * width + 48) }, [5]],
])('a part of a picture: %s', async (_, selection, redrawn) => {
  const given = Int32Array.from({ length: rows * columns }, (_, at) => (5 * at) % 16);
  const pixels = await new GreyCoder().decode({ data: given, shape: [1, rows, columns] });
  const steps = await collect(dalle.complete(pixels, 'red heart', { selection, count: 1, seed: 2 }));
  const last = steps.at(-1)!;
  // A kept token has no chance of its own: before it is drawn, its place stays as it was given.
  given.forEach((token, at) => {
    if (!redrawn.includes(at)) expect(last.tokens.data[at]).toBe(token);
  });
  expect([...last.image!.data]).toEqual(paint(last.tokens));
  const others = await collect(dalle.complete(pixels, 'red heart', { selection, count: 16, seed: 100 }));
  const changed = Array.from(given.keys()).filter((at) =>
    [...others.at(-1)!.tokens.data].some((token, place) => place % (rows * columns) === at && token !== given[at]),
  );
  expect(changed).toEqual(redrawn);
});

test('a picture of another size is refused, also one of 8 pixels a token', async () => {
  const small = { data: new Float32Array(3 * 32 * 24), shape: [1, 3, 32, 24] } as const;
  await expect(dalle.score('red heart', small)).rejects.toMatchObject({
    code: 'E_SHAPE',
    message: expect.stringContaining("this model's pictures are [1, 3, 64, 48], got [1, 3, 32, 24]"),
  });
});

test('scores the tokens that the coder makes', async () => {
  const pixels = { data: new Float32Array(3 * height * width), shape: [1, 3, height, width] } as const;
  expect(await dalle.score('red heart', pixels)).toBeGreaterThan(0);
});

test('a coder of another model, and what is no coder, are refused', async () => {
  await expect(makeDalle(new GreyCoder(15))).rejects.toMatchObject({
    code: 'E_MODEL_MANIFEST',
    message: expect.stringContaining('the codebook has 15 tokens and the transformer 16'),
  });
  const withoutPatch = Object.assign(new GreyCoder(), { patch: 0.5 });
  for (const wrong of [null, {}, withoutPatch]) {
    await expect(makeDalle(wrong as never)).rejects.toMatchObject({ code: 'E_ARGUMENT' });
  }
});

test('its end is the end of the model, and the other way round', async () => {
  const coder = new GreyCoder();
  const other = await makeDalle(coder);
  const steps = other.generate('red heart', { count: 1 });
  await steps.next();
  await coder.dispose();
  await expect(steps.next()).rejects.toMatchObject({ code: 'E_DISPOSED' });
  expect(other.isDisposed).toBe(true);
  await other.dispose();
  const third = new GreyCoder();
  await (await makeDalle(third)).dispose();
  expect(third.isDisposed).toBe(true);
});
