/**
 * DALLE-pytorch's DiscreteVAE in its own form: sizes out of shapes, held against what stands beside them, both halves
 * out of one file, every tensor accounted for. The checkpoints are those of test/golden/make_discrete_vae.py.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DalleError } from '../../../base/errors.ts';
import type { DiscreteVaeArchitecture } from '../../../nets/discrete-vae/architecture.ts';
import { expectedDiscreteVaeTensors } from '../../../nets/discrete-vae/tensors.ts';
import type { Weights } from '../../../nets/weights.ts';
import { loadGolden, type GoldenProvenance } from '../../../test/helpers/golden.ts';
import { sourceFromBytes, type ByteSource } from '../../byte-source.ts';
import { openCheckpoint } from '../../open-weights.ts';
import { dict } from '../../pickle/build-records.ts';
import type { PickleValue } from '../../pickle/records.ts';
import { writeSafetensors } from '../../safetensors/write-safetensors.ts';
import { writeCheckpoint } from '../../write-checkpoint.ts';
import { readDiscreteVaeShapes } from './open-discrete-vae.ts';

interface Case {
  readonly name: string;
  readonly hparams: Readonly<Record<string, number>>;
  readonly weights: { readonly tensors: number };
}

const folder = fileURLToPath(new URL('../../../test/golden/discrete-vae', import.meta.url));
const golden = loadGolden<GoldenProvenance & { readonly cases: readonly Case[] }>(folder);

const sizes = { channels: 3, num_layers: 2, num_resnet_blocks: 1, hidden_dim: 4, num_tokens: 8 };
const halves = (given: typeof sizes = sizes): DiscreteVaeArchitecture[] => [
  { kind: 'discrete-vae-encoder', ...given },
  { kind: 'discrete-vae-decoder', ...given, codebook_dim: 6 },
];

type Shapes = Map<string, readonly number[]>;
const listBoth = (prefix = ''): Shapes =>
  new Map(
    halves().flatMap((half) => [...expectedDiscreteVaeTensors(half)].map(([name, shape]) => [prefix + name, shape])),
  );

async function write(shapes: Shapes, name = 'x.safetensors'): Promise<ByteSource> {
  const tensors = new Map(
    [...shapes].map(([key, shape]) => [
      key,
      { shape, read: async () => new Float32Array(shape.reduce((product, size) => product * size, 1)) },
    ]),
  );
  const blocks: Uint8Array[] = [];
  for await (const block of writeSafetensors(tensors, 'f32')) blocks.push(block);
  return sourceFromBytes(Buffer.concat(blocks), name);
}

const kinds = (weights: readonly Weights[]): string[] => weights.map(({ architecture }) => architecture.kind).sort();
const BOTH = ['discrete-vae-decoder', 'discrete-vae-encoder'];

describe('sizes', () => {
  test.each([
    sizes,
    { ...sizes, num_resnet_blocks: 0 },
    { ...sizes, num_layers: 1, num_resnet_blocks: 0, channels: 4 },
    { ...sizes, num_layers: 5, num_resnet_blocks: 3, hidden_dim: 64, num_tokens: 8192 },
  ])('%o are read from their shapes', (given) => {
    for (const architecture of halves(given)) {
      expect(readDiscreteVaeShapes(expectedDiscreteVaeTensors(architecture), undefined)).toEqual(architecture);
    }
  });

  test("the default has as many tensors and numbers as DALLE-pytorch's class", () => {
    const given = { channels: 3, num_layers: 3, num_resnet_blocks: 0, hidden_dim: 64, num_tokens: 512 };
    const all = [
      ...expectedDiscreteVaeTensors({ kind: 'discrete-vae-encoder', ...given }),
      ...expectedDiscreteVaeTensors({ kind: 'discrete-vae-decoder', ...given, codebook_dim: 512 }),
    ];
    const count = all.reduce((sum, [, shape]) => sum + shape.reduce((product, size) => product * size, 1), 0);
    expect([all.length, count]).toEqual([17, 1_085_507]);
  });
});

describe('a file of its training', () => {
  test.each(golden.record.cases)('$name gives both halves', async ({ name, hparams, weights: { tensors } }) => {
    const file = `${name}.vae.pt`;
    const weights = await openCheckpoint(sourceFromBytes(readFileSync(golden.path(file)), file));
    expect(kinds(weights)).toEqual(BOTH);
    expect(weights.map(({ family }) => family)).toEqual(['dalle-pytorch', 'dalle-pytorch']);
    const { codebook_dim, ...rest } = hparams;
    const common = Object.fromEntries(Object.entries(rest).filter(([key]) => key !== 'image_size'));
    for (const { architecture } of weights) expect(architecture).toMatchObject(common);
    const decoder = weights.find(({ architecture }) => architecture.kind === 'discrete-vae-decoder')!;
    expect(decoder.architecture).toMatchObject({ codebook_dim });
    expect(new Set(weights.flatMap(({ tensors: own }) => [...own.keys()])).size).toBe(tensors);
  });

  test('comes back from export', async () => {
    const file = 'blocks.vae.pt';
    const weights = await openCheckpoint(sourceFromBytes(readFileSync(golden.path(file)), file));
    for (const half of weights) {
      const blocks: Uint8Array[] = [];
      for await (const block of writeCheckpoint(half)) blocks.push(block);
      const [again, ...others] = await openCheckpoint(sourceFromBytes(Buffer.concat(blocks), 'half.pt'));
      expect(others).toEqual([]);
      expect(again!.architecture).toEqual(half.architecture);
      for (const [name, tensor] of half.tensors)
        expect(await again!.tensors.get(name)!.read()).toEqual(await tensor.read());
    }
  });
});

function stated(values: Readonly<Record<string, PickleValue>>, key = 'hparams'): Map<string, PickleValue> {
  return new Map<string, PickleValue>([[key, dict(Object.entries(values))]]);
}

describe('what stands beside the tensors', () => {
  const [encoder] = halves();
  const read = (settings: Map<string, PickleValue>): DiscreteVaeArchitecture | undefined =>
    readDiscreteVaeShapes(expectedDiscreteVaeTensors(encoder!), settings);

  test('may say what they say, and how it was trained', () => {
    const given = { ...sizes, codebook_dim: 6, image_size: 256, temperature: 0.9, straight_through: false };
    expect(read(stated(given))).toEqual(encoder);
    expect(read(stated({}))).toEqual(encoder);
  });

  test('in a transformer’s file is vae_params, not its hparams', () => {
    const both = new Map([...stated({ dim: 512 }), ...stated({ num_layers: 2 }, 'vae_params')]);
    expect(read(both)).toEqual(encoder);
  });

  test.each([
    [{ num_layers: 3 }, /hparams say that num_layers is 3, and the tensors say 2/],
    [{ hidden_dim: 'wide' }, /hidden_dim is wide/],
    [{ normalization: null }, /no known meaning, normalization/],
    [{ warp: 1 }, /no known meaning, warp/],
  ] as [Record<string, PickleValue>, RegExp][])('%o is refused', (given, message) => {
    expect(() => read(stated(given))).toThrow(message);
    expect(() => read(stated(given))).toThrow(expect.objectContaining({ code: 'E_ARCHITECTURE' }));
  });
});

describe('a file that is not whole', () => {
  const open = async (change: (shapes: Shapes) => void): Promise<readonly Weights[]> => {
    const shapes = listBoth();
    change(shapes);
    return openCheckpoint(await write(shapes));
  };

  test('under a prefix it is whole', async () => {
    expect(kinds(await openCheckpoint(await write(listBoth('model.'))))).toEqual(BOTH);
  });

  test.each<[string, string, (shapes: Shapes) => void, RegExp]>([
    ['without a bias', 'E_KEYS_MISSING', (shapes) => shapes.delete('decoder.1.net.2.bias'), /decoder\.1\.net\.2\.bias/],
    ['with one tensor more', 'E_KEYS_EXTRA', (shapes) => shapes.set('decoder.9.weight', [1]), /decoder\.9\.weight/],
    ['with a stranger', 'E_KEYS_EXTRA', (shapes) => shapes.set('discriminator.weight', [1]), /discriminator\.weight/],
    [
      'with a kernel of 3',
      'E_KEYS_SHAPE',
      (shapes) => shapes.set('encoder.1.0.weight', [4, 4, 3, 3]),
      /encoder\.1\.0\.weight/,
    ],
    [
      'of grey pictures',
      'E_ARCHITECTURE',
      (shapes) => shapes.set('encoder.0.0.weight', [4, 1, 4, 4]),
      /channels should be/,
    ],
    [
      'without logits',
      'E_ARCHITECTURE',
      (shapes) => shapes.delete('encoder.3.weight'),
      /num_tokens should be .* missing/,
    ],
    ['of fewer codes', 'E_KEYS_SHAPE', (shapes) => shapes.set('decoder.4.bias', [4]), /decoder\.4\.bias/],
  ])('%s is refused', async (_, code, change, message) => {
    await expect(open(change)).rejects.toThrow(message);
    await expect(open(change)).rejects.toMatchObject({ code });
  });

  test('of which one half is missing gives the other', async () => {
    const keep = (shapes: Shapes, start: RegExp): void => {
      for (const name of [...shapes.keys()]) if (!start.test(name)) shapes.delete(name);
    };
    expect(kinds(await open((shapes) => keep(shapes, /^encoder/)))).toEqual(['discrete-vae-encoder']);
    expect(kinds(await open((shapes) => keep(shapes, /^(decoder|codebook)/)))).toEqual(['discrete-vae-decoder']);
  });

  test('in any one byte is read or refused', async () => {
    const original = readFileSync(golden.path('plain.vae.pt'));
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(original.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const bytes = Uint8Array.from(original);
        bytes[at]! ^= change;
        const outcome = await openCheckpoint(sourceFromBytes(bytes, 'x')).catch((error: unknown) => error);
        if (outcome instanceof DalleError) refused++;
        else expect(kinds(outcome as Weights[])).toEqual(BOTH);
      }),
      { numRuns: 200, seed: 20261130 },
    );
    expect(refused).toBeGreaterThan(20);
  });
});
