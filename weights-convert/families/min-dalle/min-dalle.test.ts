/**
 * Checkpoints in min-dalle's form (corpus/make_min_dalle.py): every tensor with its numbers, every size from the
 * shapes, and what is no such pair refused by name.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crc32 } from '../../../base/crc32.ts';
import { DalleError } from '../../../base/errors.ts';
import { expectedNetTensors } from '../../../nets/net-kinds.ts';
import { netTensors, type TensorData } from '../../../nets/weights.ts';
import { sourceFromBytes } from '../../byte-source.ts';
import type { Shapes } from '../../contents/shapes.ts';
import { FAMILIES } from '../all-families.ts';
import { findStateDictNets } from '../find-nets.ts';
import { findProvenance } from '../provenance.ts';
import { openNets, openWeights } from '../../open-weights.ts';
import { checkTensors } from '../../check-tensors.ts';
import { readMinDalle } from './read-architecture.ts';

const folder = new URL('../../corpus/min-dalle/', import.meta.url);
const read = (half: string): Buffer => readFileSync(new URL(`${half}.pt`, folder));

const common = { dim: 64, depth: 2, heads: 1, glu_size: 10, norm_weights: false };
const encoder = {
  kind: 'bart-encoder',
  ...common,
  text_length: 8,
  text_vocab: 29,
  text_start: 0,
  text_end: 2,
  text_pad: 1,
} as const;
const decoder = {
  kind: 'bart-decoder',
  ...common,
  grid: [3, 3],
  image_rows: 25,
  image_vocab: 24,
  start_token: 23,
} as const;

describe.each([
  ['encoder', encoder, 12 * 2 + 5],
  ['decoder', decoder, 19 * 2 + 6],
] as const)('%s.pt', (half, architecture, count) => {
  test('says what it is, and has nothing besides', async () => {
    const weights = await openWeights(sourceFromBytes(read(half), `${half}.pt`));
    expect(weights.architecture).toEqual(architecture);
    expect(weights.tensors.size).toBe(count);
    expect(weights.leftOut ?? []).toEqual([]);
    expect(findProvenance([{ weights }])).toEqual({
      family: 'min-dalle',
      licence: 'MIT',
      sampling: { temperature: 1, topK: 256, guidance: 16 },
    });
  });

  test('has each tensor as halves, with the numbers that name it', async () => {
    const tensors = netTensors(await openWeights(sourceFromBytes(read(half), `${half}.pt`)));
    expect([...tensors].map(([name, { shape }]) => [name, shape])).toEqual([...expectedNetTensors(architecture)]);
    for (const [name, tensor] of tensors) {
      const first = crc32(new TextEncoder().encode(name));
      expect(tensor.dtype).toBe('F16');
      expect(await tensor.read(), name).toEqual(
        Float32Array.from({ length: tensor.shape.reduce((a, b) => a * b) }, (_, i) => {
          return ((first + 7919 * i) % 2048) - 1024;
        }),
      );
    }
  });

  test('any one byte changed is read or refused', async () => {
    const original = read(half);
    await fc.assert(
      fc.asyncProperty(fc.nat(original.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const bytes = Uint8Array.from(original);
        bytes[at]! ^= change;
        const outcome = await openWeights(sourceFromBytes(bytes, 'x')).catch((error: unknown) => error);
        if (!(outcome instanceof DalleError)) expect(outcome).toHaveProperty('architecture.kind', architecture.kind);
      }),
      { numRuns: 200 },
    );
  });

  test('cut anywhere it is refused', async () => {
    const bytes = read(half);
    for (const part of [0.1, 0.5, 0.9, 0.999]) {
      const cut = bytes.subarray(0, Math.floor(part * bytes.length));
      await expect(openWeights(sourceFromBytes(cut, 'x'))).rejects.toBeInstanceOf(DalleError);
    }
  });
});

/** Tensors that have shapes and no numbers. */
function describeTensors(shapes: Shapes): Map<string, TensorData> {
  const none = (): Promise<never> => Promise.reject(new Error('nobody reads these'));
  return new Map([...shapes].map(([name, shape]) => [name, { shape, dtype: 'F16', read: none }]));
}

async function open(shapes: Shapes): Promise<void> {
  const [found] = await findStateDictNets(describeTensors(shapes), { name: 'x.pt', families: FAMILIES });
  checkTensors(found!.architecture, found!.tensors, 'x.pt');
}

const changed = (half: typeof encoder | typeof decoder, ...changes: [string, number[] | undefined][]): Shapes => {
  const shapes = new Map<string, readonly number[]>(expectedNetTensors(half));
  for (const [name, shape] of changes) {
    if (shape) shapes.set(name, shape);
    else shapes.delete(name);
  }
  return shapes;
};

describe('what is no such half is refused', () => {
  test.each<[string, Shapes, string, RegExp]>([
    [
      'a decoder without its head',
      changed(decoder, ['lm_head.weight', undefined]),
      'E_KEYS_MISSING',
      /image decoder of a DALL·E mini .* Missing: lm_head.weight \[25, 64\]/,
    ],
    [
      'a decoder without a product',
      changed(decoder, ['layers.0.encoder_attn.k_proj.weight', undefined]),
      'E_KEYS_MISSING',
      /Missing: layers.0.encoder_attn.k_proj.weight \[64, 64\]/,
    ],
    [
      'an encoder without a norm',
      changed(encoder, ['layers.1.glu.ln0.bias', undefined]),
      'E_KEYS_MISSING',
      /text encoder of a DALL·E mini .* Missing: layers.1.glu.ln0.bias \[64\]/,
    ],
    [
      'one with a bias more',
      changed(encoder, ['layers.1.glu.fc0.bias', [10]]),
      'E_KEYS_EXTRA',
      /Not expected: layers.1.glu.fc0.bias/,
    ],
    [
      'one with a product of another shape',
      changed(decoder, ['layers.1.glu.fc2.weight', [10, 64]]),
      'E_KEYS_SHAPE',
      /layers.1.glu.fc2.weight \(wanted \[64, 10\], got \[10, 64\]\)/,
    ],
    [
      'one norm with a weight and the others without',
      changed(encoder, ['final_ln.weight', [64]]),
      'E_KEYS_MISSING',
      /Missing: layers.0.pre_self_attn_layer_norm.weight/,
    ],
    [
      'vectors that are no whole number of heads',
      changed(encoder, ['embed_tokens.weight', [29, 96]]),
      'E_ARCHITECTURE',
      /heads are of 64 numbers, and the vectors here of 96/,
    ],
    [
      'positions that are no square',
      changed(decoder, ['embed_positions.weight', [8, 64]]),
      'E_ARCHITECTURE',
      /a decoder of 8 positions draws no square/,
    ],
    [
      'one without positions',
      changed(decoder, ['embed_positions.weight', undefined]),
      'E_ARCHITECTURE',
      /embed_positions.weight is missing/,
    ],
    [
      'a layer with a number too large',
      changed(encoder, ['layers.9999.glu.ln0.bias', [64]]),
      'E_ARCHITECTURE',
      /depth should be an integer from 1 to 1024, and is 10000/,
    ],
  ])('%s', async (_, shapes, code, message) => {
    const failure: unknown = await open(shapes).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code, message: expect.stringMatching(message) as string });
  });

  test('two halves of one kind in one file', async () => {
    const both = new Map(
      ['one', 'other'].flatMap((prefix) =>
        [...changed(encoder)].map(([name, shape]) => [`${prefix}.${name}`, shape] as const),
      ),
    );
    await expect(open(both)).rejects.toThrow(/holds 2 nets that could be its text_encoder/);
  });
});

test('both halves of one file are found', async () => {
  const shapes = new Map([
    ...[...changed(encoder)].map(([name, shape]) => [`encoder.${name}`, shape] as const),
    ...[...changed(decoder)].map(([name, shape]) => [`decoder.${name}`, shape] as const),
  ]);
  const found = await findStateDictNets(describeTensors(shapes), { name: 'x.pt', families: FAMILIES });
  expect(found.map(({ architecture }) => architecture)).toEqual([encoder, decoder]);
});

test('the published sizes are read from the shapes of the published files', () => {
  const halves = (rows: number, words: number, dim: number, glu: number): (Shapes | undefined)[] => {
    const of = (entries: [string, number[]][]): Shapes => new Map(entries);
    const norm: [string, number[]][] = [['layers.11.glu.fc0.weight', [glu, dim]]];
    return [
      of([
        ['embed_tokens.weight', [words, dim]],
        ['embed_positions.weight', [64, dim]],
        ['layers.0.glu.fc0.weight', [glu, dim]],
        ...norm,
      ]),
      of([
        ['embed_tokens.weight', [rows, dim]],
        ['embed_positions.weight', [256, dim]],
        ['layers.0.glu.fc0.weight', [glu, dim]],
        ['lm_head.weight', [rows, dim]],
        ...norm,
      ]),
    ];
  };
  const [, mini] = halves(16_385, 50_264, 1024, 2730).map((shapes) => readMinDalle(shapes!));
  expect(mini).toMatchObject({ heads: 16, depth: 12, grid: [16, 16], image_vocab: 16_384, start_token: 16_383 });
  const [words, mega] = halves(16_416, 50_272, 2048, 4096).map((shapes) => readMinDalle(shapes!));
  expect(mega).toMatchObject({ heads: 32, image_rows: 16_416, image_vocab: 16_384, start_token: 16_383 });
  expect(words).toMatchObject({ text_vocab: 50_272, text_length: 64 });
});

test('the nets of two files are told apart by what they hold', async () => {
  for (const [half, kind] of [
    ['encoder', 'bart-encoder'],
    ['decoder', 'bart-decoder'],
  ] as const) {
    const [net, ...others] = await openNets(sourceFromBytes(read(half), 'anything.pt'), {});
    expect(others).toEqual([]);
    expect(net!.architecture.kind).toBe(kind);
  }
});
