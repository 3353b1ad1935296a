/** Architectures of BART's halves as model.json states them: every field is wanted, bounded, and none is unknown. */
import { describe, expect, test } from 'vitest';
import { describeArchitecture, expectedNetTensors } from '../net-kinds.ts';
import type { BartDecoderArchitecture, BartEncoderArchitecture } from './architecture.ts';
import { readBartDecoder, readBartEncoder } from './read-architecture.ts';

const sizes = { dim: 1024, depth: 12, heads: 16, glu_size: 2730, norm_weights: false };
const encoder: BartEncoderArchitecture = {
  kind: 'bart-encoder',
  ...sizes,
  text_length: 64,
  text_vocab: 50_264,
  text_start: 0,
  text_end: 2,
  text_pad: 1,
};
const decoder: BartDecoderArchitecture = {
  kind: 'bart-decoder',
  ...sizes,
  grid: [16, 16],
  image_rows: 16_385,
  image_vocab: 16_384,
  start_token: 16_383,
};

function readEncoder(changes: Readonly<Record<string, unknown>>): BartEncoderArchitecture {
  return readBartEncoder(new Map<string, unknown>(Object.entries({ ...encoder, ...changes })));
}

function readDecoder(changes: Readonly<Record<string, unknown>>): BartDecoderArchitecture {
  return readBartDecoder(new Map<string, unknown>(Object.entries({ ...decoder, ...changes })));
}

const refusal = (message: RegExp): unknown =>
  expect.objectContaining({ code: 'E_ARCHITECTURE', message: expect.stringMatching(message) as string });

describe('what model.json states', () => {
  test('is read back as it was', () => {
    expect(readEncoder({})).toEqual(encoder);
    expect(readDecoder({})).toEqual(decoder);
    // The row that training started with is as good.
    expect(readDecoder({ start_token: 16_384 }).start_token).toBe(16_384);
  });

  test.each([...Object.keys(encoder)].filter((name) => name !== 'kind'))('without %s it is refused', (name) => {
    expect(() => readEncoder({ [name]: undefined })).toThrow(refusal(new RegExp(`${name} should be`)));
  });

  test.each([...Object.keys(decoder)].filter((name) => name !== 'kind'))('without %s it is refused', (name) => {
    expect(() => readDecoder({ [name]: undefined })).toThrow(refusal(new RegExp(`${name} should be`)));
  });

  test.each<[string, () => unknown, RegExp]>([
    ['an unknown field', () => readEncoder({ warp: 9 }), /no known meaning: warp/],
    ["a decoder's field", () => readEncoder({ grid: [16, 16] }), /no known meaning: grid/],
    ['heads that do not divide', () => readEncoder({ heads: 15 }), /1024 is none of 15/],
    ['a depth of thousands', () => readDecoder({ depth: 1e6 }), /depth should be an integer from 1 to 1024/],
    ['a pad beyond the vocabulary', () => readEncoder({ text_pad: 50_264 }), /text_pad should be a row .* 0 to 50263/],
    ['an end that is a pad', () => readEncoder({ text_end: 1 }), /three tokens, and two of them are the same/],
    ['room for no word', () => readEncoder({ text_length: 1 }), /text_length should be at least 2/],
    ['more drawn than there are rows', () => readDecoder({ image_vocab: 16_386 }), /image_vocab should be .* to 16385/],
    ['a start beyond the rows', () => readDecoder({ start_token: 16_385 }), /start_token should be a row .* 16384/],
    ['a start between two', () => readDecoder({ start_token: 0.5 }), /start_token should be .* is 0.5/],
    ['a grid of one side', () => readDecoder({ grid: [16] }), /grid should be \[rows, columns\]/],
    ['a side of nothing', () => readDecoder({ grid: [16, 0] }), /columns of grid should be/],
    ['a size in words', () => readDecoder({ dim: { length: 3 } }), /dim should be .* no plain value/],
  ])('%s is refused', (_, read, message) => {
    expect(read).toThrow(refusal(message));
  });
});

test('halves have the tensors of the published files, and their numbers', () => {
  const count = (
    architecture: BartEncoderArchitecture | BartDecoderArchitecture,
  ): [tensors: number, numbers: number] => {
    const shapes = [...expectedNetTensors(architecture).values()];
    return [shapes.length, shapes.reduce((sum, shape) => sum + shape.reduce((a, b) => a * b), 0)];
  };
  const whole = { norm_weights: true };
  expect(count(encoder)[0]).toBe(149);
  expect(count(decoder)[0]).toBe(234);
  // With the weights that their files lack, as the original classes count them.
  expect(count({ ...encoder, ...whole })[1]).toBe(202_649_584);
  expect(count({ ...decoder, ...whole })[1]).toBe(235_313_136);
  const mega = { dim: 2048, depth: 24, heads: 32, glu_size: 4096 };
  expect(count({ ...encoder, ...mega, text_vocab: 50_272 })[0]).toBe(293);
  expect(count({ ...decoder, ...mega, image_rows: 16_416 })[0]).toBe(462);
  expect(count({ ...encoder, ...mega, ...whole, text_vocab: 50_272 })[1]).toBe(1_110_220_800);
  expect(count({ ...decoder, ...mega, ...whole, image_rows: 16_416 })[1]).toBe(1_477_746_688);
});

test('each is one line for people', () => {
  expect(describeArchitecture(encoder)).toBe(
    'the text encoder of a DALL·E mini (dim 1024, depth 12, 16 heads of 64, 64 text tokens of 50264)',
  );
  expect(describeArchitecture(decoder)).toBe(
    'the image decoder of a DALL·E mini (dim 1024, depth 12, 16 heads of 64, 16×16 image tokens of 16384)',
  );
});
