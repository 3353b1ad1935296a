/**
 * ru-dalle's files (test/golden/make_rudalle.py): every tensor under its own name and under ours, the version by the
 * masks that its own code made, and what does not tell which it is refused.
 */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../../base/node/package-files.ts';
import { loadGolden, type GoldenProvenance } from '../../../test/helpers/golden.ts';
import { relativeCases } from '../../../test/helpers/transformer-golden.ts';
import { configurations } from '../../../nets/transformer/configurations.ts';
import { expectedTransformerTensors } from '../../../nets/transformer/tensors.ts';
import { netTensors, type TensorData } from '../../../nets/weights.ts';
import { sees } from '../../../ops/attention/mask.ts';
import { sourceFromBytes } from '../../byte-source.ts';
import { openWeights } from '../../open-weights.ts';
import { writeCheckpoint } from '../../write-checkpoint.ts';
import type { PickleValue } from '../../pickle/records.ts';
import { canonicalName, MASKS } from './names.ts';
import { readRudalle } from './open-transformer.ts';
import { CONV_KERNEL, readVersions, type Version } from './read-masks.ts';

interface RudalleRecord extends GoldenProvenance {
  readonly textLength: number;
  readonly grids: readonly number[];
}

const golden = loadGolden<RudalleRecord>(join(packageRoot, 'test', 'golden', 'rudalle'));
const { textLength, grids } = golden.record;
const cases = relativeCases.filter(({ architecture }) => architecture.names === 'rudalle');

function unpackMask(name: string, grid: number): number[] {
  const length = (textLength + grid * grid) ** 2;
  const bytes = golden.array(`mask.${name}.${grid}`).data;
  return Array.from({ length }, (_, bit) => (bytes[bit >> 3]! >> (7 - (bit & 7))) & 1);
}

function maskData(bits: readonly number[]): TensorData {
  const side = Math.sqrt(bits.length);
  return { shape: [side, side], dtype: 'BOOL', read: async () => Float32Array.from(bits) };
}

function masksOf(version: Version, grid: number): Map<string, TensorData> {
  return new Map([
    [MASKS.row, maskData(unpackMask('row', grid))],
    [MASKS.column, maskData(unpackMask('column', grid))],
    [MASKS.conv, maskData(unpackMask(`conv-${version}`, grid))],
  ]);
}

const readMasks = (masks: ReadonlyMap<string, TensorData>, side: number): Promise<readonly Version[]> =>
  readVersions({ dataOf: (name) => masks.get(name), sourceName: 'x.bin' }, { text: textLength, side });

describe('masks that ru-dalle made', () => {
  test.each(grids)('for a grid of %i, are ours bit for bit', (grid) => {
    const length = textLength + grid * grid;
    const rules = [
      ['row', { kind: 'row', edges: 'cut' }],
      ['column', { kind: 'column', edges: 'cut' }],
      ['conv-v2', { kind: 'conv', edges: 'wrap' }],
      ['conv-v3', { kind: 'conv', edges: 'cut' }],
      ['conv-v3', { kind: 'conv', edges: 'clamp' }],
    ] as const;
    for (const [name, rule] of rules) {
      const mask = { ...rule, text: textLength, grid: [grid, grid], kernel: CONV_KERNEL } as const;
      const seen = Array.from({ length: length ** 2 }, (_, at) =>
        Number(sees(mask, Math.floor(at / length), at % length)),
      );
      expect(seen, name).toEqual(unpackMask(name, grid));
    }
  });

  test.each(grids)('for a grid of %i, tell the version, unless it is so small that both are the same', async (grid) => {
    for (const version of ['v2', 'v3'] as const) {
      const isSame = unpackMask('conv-v2', grid).join() === unpackMask('conv-v3', grid).join();
      expect(isSame).toBe(grid <= 6);
      expect(await readMasks(masksOf(version, grid), grid)).toEqual(isSame ? ['v2', 'v3'] : [version]);
    }
  });

  test('with a bit changed, are of neither', async () => {
    for (const name of Object.values(MASKS)) {
      for (const at of [0, 100, 22_499]) {
        const masks = masksOf('v3', 12);
        const bits = [...(await masks.get(name)!.read())];
        bits[at] = 1 - bits[at]!;
        await expect(readMasks(masks.set(name, maskData(bits)), 12)).rejects.toMatchObject({
          code: 'E_ARCHITECTURE',
          message: expect.stringContaining(`its ${name} shows other positions`),
        });
      }
    }
  });

  test('of another size, or of any that no net has, are not read', async () => {
    const unread = { dtype: 'BOOL', read: () => Promise.reject(new Error('read')) } as const;
    for (const [shape, side] of [
      [[150], 12],
      [[150, 151], 12],
      [[22, 22], 12],
      [[10_006, 10_006], 100],
    ] as const) {
      await expect(readMasks(new Map([[MASKS.conv, { ...unread, shape }]]), side)).rejects.toMatchObject({
        code: 'E_ARCHITECTURE',
        message: expect.stringMatching(/conv_mask is \[.*make \d+ positions/),
      });
    }
  });
});

describe.each(cases)('$name', (given) => {
  test('is what its class made', async () => {
    const weights = await given.open();
    expect(weights.architecture).toEqual(given.architecture);
    expect(weights.leftOut).toEqual([{ reason: expect.stringMatching(/^masks/), tensors: 3 }]);
    expect(weights.leftOutValues).toBeUndefined();
    const wanted = expectedTransformerTensors(given.architecture);
    expect([...netTensors(weights)].map(([name, { shape }]) => [name, shape])).toEqual([...wanted]);
    expect([...weights.tensors.keys()].every((name) => canonicalName(name) !== undefined)).toBe(true);
    expect(weights.tensors.size + 3).toBe(5 * 16 + 14);
    await weights.close();
  });

  test('is written so that it is read as the same', async () => {
    const weights = await given.open();
    const blocks: Uint8Array[] = [];
    for await (const block of writeCheckpoint(weights)) blocks.push(block);
    const again = await openWeights(sourceFromBytes(Buffer.concat(blocks), 'again.pt'));
    expect(again.architecture).toEqual(given.architecture);
    expect([...again.tensors.keys()]).toEqual([...weights.tensors.keys()]);
    await weights.close();
  });
});

describe('what the file does not say', () => {
  const shapes = new Map<string, number[]>([
    ['text_embeddings.weight', [16_512, 2048]],
    ['text_pos_embeddings.weight', [129, 2048]],
    ['image_row_embeddings.weight', [32, 2048]],
    ['image_embeddings.weight', [8192, 2048]],
    ['transformer.layers.0.mlp.dense_h_to_4h.weight', [8192, 2048]],
    ['transformer.layers.0.before_first_addition_layernorm.weight', [2048]],
    ...Array.from({ length: 24 }, (_, i): [string, number[]] => [
      `transformer.layers.${i}.input_layernorm.weight`,
      [2048],
    ]),
  ]);
  const full = (edges: 'cut' | 'wrap'): TensorData => {
    const mask = { kind: 'conv', edges, text: 128, grid: [32, 32], kernel: CONV_KERNEL } as const;
    const bits = Uint8Array.from({ length: 1152 ** 2 }, (_, at) =>
      Number(sees(mask, Math.floor(at / 1152), at % 1152)),
    );
    return { shape: [1152, 1152], dtype: 'BOOL', read: async () => Float32Array.from(bits) };
  };
  const read = (
    settings: Readonly<Record<string, PickleValue>> = {},
    mask?: TensorData,
    others: readonly (readonly [string, number[]])[] = [],
  ): ReturnType<typeof readRudalle> =>
    readRudalle({
      shapes: new Map([...shapes, ...others]),
      settings: new Map(Object.entries(settings)),
      dataOf: (name) => (name === MASKS.conv ? mask : undefined),
      sourceName: 'pytorch_model.bin',
    });

  test('its masks say at the published size, or hf_version does', async () => {
    expect(await read({}, full('cut'))).toEqual(configurations['rudalle-malevich']);
    expect(await read({}, full('wrap'))).toEqual(configurations['rudalle-malevich-v2']);
    expect(await read({ hf_version: 'v2' })).toEqual(configurations['rudalle-emojich']);
    expect(await read({ hf_version: 'v3' })).toEqual(configurations['rudalle-surrealist']);
  });

  test.each<[string, Readonly<Record<string, PickleValue>>, RegExp]>([
    ['neither says', {}, /does not tell which of its two versions.*torch\.save\(\{'hf_version'/],
    ['another version', { hf_version: 'v4' }, /hf_version is v4, and there are v2 and v3/],
    ['an object', { hf_version: { tag: 'list', items: [], depth: 1 } }, /hf_version is/],
    ['heads that do not divide', { hf_version: 'v3', num_attention_heads: 15 }, /num_attention_heads is 15/],
    ['no number of heads', { hf_version: 'v3', num_attention_heads: '16' }, /num_attention_heads is 16/],
  ])('%s', async (_, settings, message) => {
    await expect(read(settings)).rejects.toMatchObject({
      code: 'E_ARCHITECTURE',
      message: expect.stringMatching(message),
    });
  });

  test('masks of the other version', async () => {
    await expect(read({ hf_version: 'v2' }, full('cut'))).rejects.toThrow(
      /hf_version is v2, and its masks are those of v3/,
    );
  });

  test('heads of a size that nobody published', async () => {
    const wide = [['text_embeddings.weight', [16_512, 1024]]] as const;
    await expect(read({ hf_version: 'v3' }, undefined, [['text_embeddings.weight', [...wide[0][1]]]])).rejects.toThrow(
      /24 layers of 1024, which no published model has/,
    );
  });

  test('sizes that no net has', async () => {
    for (const [name, shape] of [
      ['text_pos_embeddings.weight', [1, 2048]],
      ['image_row_embeddings.weight', [5000, 2048]],
      ['text_embeddings.weight', [100, 2048]],
    ] as const) {
      await expect(read({ hf_version: 'v3' }, undefined, [[name, [...shape]]])).rejects.toMatchObject({
        code: 'E_ARCHITECTURE',
      });
    }
  });
});
