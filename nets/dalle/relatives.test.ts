/**
 * Relatives' transformers as people use them (test/golden/make_rudalle.py, make_mindalle.py): texts become their rows,
 * tokens of a picture's borders are kept as ru-dalle's image prompts keep them, and all others are what the net says.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { openTestDevice } from '../../test/helpers/devices.ts';
import { relativeCases, type TransformerCase } from '../../test/helpers/transformer-golden.ts';
import type { PictureCoder, Pixels, TokenGrid } from '../picture-coder.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { Transformer } from '../transformer/transformer.ts';
import { Dalle } from './dalle.ts';
import type { GenerateStep } from './generate-options.ts';

const device = await openTestDevice();
const opened: Dalle[] = [];
afterAll(() => Promise.all(opened.map((dalle) => dalle.dispose())));

/** A coder that sees the same tokens in every picture. */
function coderOf(tokens: Int32Array, [rows, columns]: readonly [number, number], vocabulary: number): PictureCoder {
  const pixels = 3 * 64 * rows * columns;
  return {
    patch: 8,
    channels: 3,
    vocabularies: { codebook: vocabulary },
    precision: 'full',
    isDisposed: false,
    encode: async () => ({ data: tokens, shape: [1, rows, columns] }),
    decode: async ({ shape: [batch] }: TokenGrid) => ({
      data: new Float32Array(batch * pixels),
      shape: [batch, 3, 8 * rows, 8 * columns],
    }),
    planFor: () => ({ prepare: async () => {}, run: async () => new Float32Array(0), explain: () => '' }),
    dispose: async () => {},
  };
}

async function openDalle(given: TransformerCase): Promise<Dalle> {
  const { grid, image_vocab } = given.architecture;
  const tokens = given.image.subarray(0, grid[0] * grid[1]);
  const tokenizer = { vocabularySize: 20, encode: () => given.words![0]!, decode: () => '' } as unknown as Tokenizer;
  const transformer = new Transformer(await given.open(), { device });
  const dalle = new Dalle(coderOf(tokens, grid, image_vocab), transformer, tokenizer, { topK: 2048, topP: 0.995 });
  opened.push(dalle);
  return dalle;
}

async function finish(steps: AsyncIterable<GenerateStep>): Promise<GenerateStep> {
  let last: GenerateStep | undefined;
  for await (const step of steps) last = step;
  return last!;
}

describe.each(relativeCases.filter(({ architecture }) => architecture.grid[0] === 4))('$name', (given) => {
  const { image_vocab, grid } = given.architecture;
  const width = grid[1];
  const picture: Pixels = { data: new Float32Array(3 * 32 * 32), shape: [1, 3, 32, 32] };
  /** The upper row and the left column: what ru-dalle calls borders of one token. */
  const borders = [
    { x: 0, y: 0, width: 1, height: 0.25 },
    { x: 0, y: 0, width: 0.25, height: 1 },
  ];

  test('keeps borders and draws the rest from what is likeliest after them', async () => {
    const dalle = await openDalle(given);
    const { tokens } = await finish(
      dalle.complete(picture, 'words', { selection: { keep: borders }, topK: 1, count: 1 }),
    );
    const { text } = await dalle.transformer.prepareText(dalle.tokenizer, 'words');
    const logits = await dalle.transformer.imageLogits(text, tokens.data);
    tokens.data.forEach((token, at) => {
      const isKept = at < width || at % width === 0;
      const row = logits.subarray(at * image_vocab, (at + 1) * image_vocab);
      expect(token, `at ${at}`).toBe(isKept ? given.image[at]! : row.indexOf(Math.max(...row)));
    });
  });

  test('scores a picture as its logits do', async () => {
    const dalle = await openDalle(given);
    const nats = given.image.subarray(0, width * width).reduce((sum, token, at) => {
      const row = given.imageLogits.subarray(at * image_vocab, (at + 1) * image_vocab);
      return sum + Math.log(row.reduce((all, logit) => all + Math.exp(logit), 0)) - row[token]!;
    }, 0);
    expect(await dalle.score('words', picture)).toBeCloseTo(nats / width ** 2, 5);
  });

  test('draws with its own defaults, cut to its vocabulary, and with guidance from the empty text', async () => {
    const dalle = await openDalle(given);
    const { settings, tokens } = await finish(dalle.generate('words', { count: 2, seed: 7, guidance: 2 }));
    expect(settings).toMatchObject({ topK: image_vocab, topP: 0.995 });
    expect(tokens.data.every((token) => token >= 0 && token < image_vocab)).toBe(true);
  });
});
