/**
 * VQGANs in taming's form and in min-dalle's: sizes out of shapes, both halves out of one file, every tensor accounted
 * for, and what is no such net refused by name. The checkpoints are those of test/golden/make_vqgan.py.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DalleError } from '../../../base/errors.ts';
import type { VqganArchitecture } from '../../../nets/vqgan/architecture.ts';
import { expectedVqganTensors } from '../../../nets/vqgan/tensors.ts';
import type { Weights } from '../../../nets/weights.ts';
import { loadVqganGolden } from '../../../test/helpers/golden.ts';
import { TorchCheckpoint } from '../../../test/helpers/torch-checkpoint.ts';
import { sourceFromBytes, type ByteSource } from '../../byte-source.ts';
import { openCheckpoint } from '../../open-weights.ts';
import { dict, globalOf } from '../../pickle/build-records.ts';
import type { PickleValue } from '../../pickle/records.ts';
import { writeSafetensors } from '../../safetensors/write-safetensors.ts';
import { writeCheckpoint } from '../../write-checkpoint.ts';
import { readVqganShapes, TAMING_SETTINGS } from './read-architecture.ts';

const golden = loadVqganGolden();

const COMMON = { ...TAMING_SETTINGS, quantiser: 'vector', num_res_blocks: 2, attn_levels: [3] } as const;
const F16 = {
  ...COMMON,
  ch: 128,
  ch_mult: [1, 1, 2, 2, 4],
  attn_levels: [4],
  z_channels: 256,
  embed_dim: 256,
} as const;
const F8 = { ...COMMON, ch: 128, ch_mult: [1, 1, 2, 4], z_channels: 256, embed_dim: 256, quantiser: 'gumbel' } as const;
const LATENT_F8 = { ...COMMON, ch: 128, ch_mult: [1, 2, 2, 4], z_channels: 4, embed_dim: 4 } as const;

const halves = (sizes: Omit<VqganArchitecture, 'kind' | 'in_channels' | 'out_ch'>): VqganArchitecture[] => [
  { kind: 'vqgan-encoder', ...sizes, in_channels: 3 },
  { kind: 'vqgan-decoder', ...sizes, out_ch: 3 },
];

/** Counts of the half's own module, of the file's other tensors, and of all numbers, as taming's classes have them. */
function count(architectures: readonly VqganArchitecture[]): { halves: [number, number][]; whole: [number, number] } {
  const size = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);
  const sum = (tensors: readonly (readonly [string, readonly number[]])[]): [number, number] => [
    tensors.length,
    tensors.reduce((total, [, shape]) => total + size(shape), 0),
  ];
  const all = new Map(architectures.flatMap((architecture) => [...expectedVqganTensors(architecture)]));
  const own = (start: string): [number, number] => sum([...all].filter(([name]) => name.startsWith(start)));
  return { halves: [own('encoder.'), own('decoder.')], whole: sum([...all]) };
}

describe('published sizes', () => {
  test.each([
    ['f16, 16384 codes', halves({ ...F16, n_embed: 16384 }), [144, 29_298_176], [194, 42_449_795], [343, 76_073_859]],
    ['f16, 1024 codes', halves({ ...F16, n_embed: 1024 }), [144, 29_298_176], [194, 42_449_795], [343, 72_141_699]],
    ['Gumbel f8', halves({ ...F8, n_embed: 8192 }), [126, 26_345_728], [168, 38_316_163], [301, 68_995_971]],
  ] as const)(
    '%s: as many tensors and numbers as the original classes have',
    (_, architectures, encoder, decoder, whole) => {
      expect(count(architectures)).toEqual({ halves: [encoder, decoder], whole });
    },
  );

  test('the detokeniser has 197 tensors of 46,709,891 numbers', () => {
    const [, decoder] = halves({ ...F16, n_embed: 16384 });
    expect(count([decoder!]).whole).toEqual([197, 46_709_891]);
  });

  test.each([
    ['f16', F16],
    ['Gumbel f8', F8],
    ["latent-diffusion's vq-f8", LATENT_F8],
    ['no attention, one block', { ...LATENT_F8, attn_levels: [], num_res_blocks: 1 }],
    ['attention everywhere', { ...LATENT_F8, attn_levels: [0, 1, 2, 3] }],
  ])('%s is read from its shapes', (_, sizes) => {
    for (const architecture of halves({ ...sizes, n_embed: 16384 })) {
      expect(readVqganShapes(expectedVqganTensors(architecture), TAMING_SETTINGS)).toEqual(architecture);
    }
  });
});

const TINY = { ...COMMON, ch: 32, ch_mult: [1, 2], attn_levels: [1], z_channels: 4, embed_dim: 4, n_embed: 16 };

type Shapes = Map<string, readonly number[]>;

/** Both halves under one prefix, as a checkpoint has them. */
function listTiny(prefix = ''): Shapes {
  return new Map(
    halves(TINY).flatMap((half) => [...expectedVqganTensors(half)].map(([name, shape]) => [prefix + name, shape])),
  );
}

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
const BOTH = ['vqgan-decoder', 'vqgan-encoder'];

describe('a Lightning checkpoint', () => {
  test.each(golden.record.cases.map(({ files }) => files.checkpoint))('%s gives both halves', async (file) => {
    const weights = await openCheckpoint(sourceFromBytes(readFileSync(golden.path(file)), file));
    expect(kinds(weights)).toEqual(BOTH);
    expect(weights.map(({ family }) => family)).toEqual(['taming', 'taming']);
    const { size, quantiser, weights: of } = golden.record.cases.find(({ files }) => files.checkpoint === file)!;
    for (const { architecture } of weights) {
      const { num_res_blocks, z: z_channels, e: embed_dim, n: n_embed } = size;
      expect(architecture).toMatchObject({ num_res_blocks, z_channels, embed_dim, n_embed, quantiser, epsilon: 1e-6 });
    }
    const taken = new Set(weights.flatMap(({ tensors }) => [...tensors.keys()]));
    expect(taken.size).toBe(of.tensors);
    expect(weights[0]!.leftOut).toEqual([
      { reason: 'the perceptual loss of its training', tensors: 33 },
      { reason: 'the discriminator of its training', tensors: 22 },
      { reason: 'optimizer_states', tensors: 2 },
    ]);
    expect(weights[0]!.leftOutValues).toContainEqual({ path: 'callbacks', className: 'dict' });
    expect(weights[1]!.leftOut).toBeUndefined();
  });

  test('may key what it keeps by a class, but not its weights', async () => {
    const file = new TorchCheckpoint();
    const state = [...listTiny()].map(([name, shape]): [string, PickleValue] => [
      name,
      file.tensor(new Float32Array(shape.reduce((product, size) => product * size, 1)), shape),
    ]);
    const callback = globalOf('pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint');
    const save = async (entries: [PickleValue, PickleValue][], callbacks: PickleValue): Promise<ByteSource> => {
      const stateDict = { ...dict([]), entries };
      return sourceFromBytes(
        await file.save(
          dict([
            ['callbacks', callbacks],
            ['state_dict', stateDict],
          ]),
        ),
        'x.ckpt',
      );
    };
    const keyed = { ...dict([]), entries: [[callback, dict([])] as [PickleValue, PickleValue]] };
    expect(kinds(await openCheckpoint(await save(state, keyed)))).toEqual(BOTH);
    await expect(openCheckpoint(await save([...state, [callback, 1]], dict([])))).rejects.toMatchObject({
      code: 'E_KEYS_EXTRA',
      message: expect.stringContaining('ModelCheckpoint'),
    });
  });
});

describe('places', () => {
  test.each(['', 'model.', 'first_stage_model.', 'module.'])('under the prefix %o', async (prefix) => {
    expect(kinds(await openCheckpoint(await write(listTiny(prefix))))).toEqual(BOTH);
  });

  test('of a Net2NetTransformer its first stage is taken, and the rest is named', async () => {
    const shapes = new Map([
      ...listTiny('cond_stage_model.'),
      ...listTiny('first_stage_model.'),
      ['transformer.tok_emb.weight', [4, 4]] as const,
    ]);
    const [first, second] = await openCheckpoint(await write(shapes));
    expect([...second!.tensors.values()].every(({ nameInFile }) => nameInFile?.startsWith('first_'))).toBe(true);
    expect(first!.leftOut).toEqual([
      { reason: 'what conditions the net whose first stage this is', tensors: listTiny().size },
      { reason: 'the transformer of the net whose first stage this is', tensors: 1 },
    ]);
  });

  test('one half alone, also with what its file forgot to leave out', async () => {
    const decoder = new Map([...listTiny()].filter(([name]) => !name.startsWith('encoder.')));
    const [weights, ...others] = await openCheckpoint(await write(decoder));
    expect([weights!.architecture.kind, others]).toEqual(['vqgan-decoder', []]);
    expect(weights!.leftOut).toEqual([{ reason: 'of an encoder that the file does not have', tensors: 2 }]);
    const encoder = new Map([...listTiny()].filter(([name]) => !name.startsWith('decoder.')));
    expect(kinds(await openCheckpoint(await write(encoder)))).toEqual(['vqgan-encoder']);
  });
});

describe('export', () => {
  test('writes {state_dict} under the names of taming, which are read again', async () => {
    const { checkpoint } = golden.record.cases[0]!.files;
    for (const weights of await openCheckpoint(sourceFromBytes(readFileSync(golden.path(checkpoint)), 'x.ckpt'))) {
      const [again] = await openCheckpoint(await exportAgain(weights));
      expect(again!.architecture).toEqual(weights.architecture);
      expect([...again!.tensors.values()].every(({ nameInFile }) => nameInFile!.startsWith('state_dict.'))).toBe(true);
      for (const [name, tensor] of weights.tensors) {
        expect(await again!.tensors.get(name)!.read(), name).toEqual(await tensor.read());
      }
    }
  });

  test("keeps a detokeniser min-dalle's, so that it stays one", async () => {
    const file = golden.path(golden.record.cases[0]!.files.detokeniser!);
    const [weights] = await openCheckpoint(sourceFromBytes(readFileSync(file), 'detoker.pt'));
    expect(weights!.family).toBe('min-dalle-detokeniser');
    expect([...weights!.tensors.keys()][0]).toBe('embedding.weight');
    expect([...weights!.byNetName!.keys()][0]).toBe('quantize.embedding.weight');
    const [again] = await openCheckpoint(await exportAgain(weights!));
    expect(again!.architecture).toEqual(weights!.architecture);
    expect([...again!.tensors.keys()]).toEqual([...weights!.tensors.keys()]);
  });
});

async function exportAgain(weights: Weights): Promise<ByteSource> {
  const blocks: Uint8Array[] = [];
  for await (const block of writeCheckpoint(weights)) blocks.push(block);
  return sourceFromBytes(Buffer.concat(blocks), 'exported.pt');
}

describe('what is no such net', () => {
  const refused = async (shapes: Shapes): Promise<unknown> =>
    openCheckpoint(await write(shapes)).then(
      (weights) => kinds(weights),
      (error: unknown) => error,
    );

  test('any tensor missing is told by its name', async () => {
    for (const missing of listTiny().keys()) {
      const shapes = listTiny();
      shapes.delete(missing);
      const error = await refused(shapes);
      expect(error, missing).toBeInstanceOf(DalleError);
      const { code, message } = error as DalleError;
      expect(['E_KEYS_MISSING', 'E_KEYS_EXTRA', 'E_NET_UNSUPPORTED', 'E_ARCHITECTURE'], missing).toContain(code);
      expect(message, missing).toMatch(/vqgan-|VQGAN/);
      const stem = missing.replace(/\.(weight|bias)$/, '');
      expect(message, missing).toContain(stem);
    }
  }, 60_000);

  test('any tensor of another shape is told', async () => {
    for (const [name, shape] of listTiny()) {
      const shapes = listTiny().set(name, [...shape.slice(0, -1), shape.at(-1)! + 1]);
      const error = await refused(shapes);
      expect(error, name).toBeInstanceOf(DalleError);
      expect((error as DalleError).code, name).toMatch(/^E_(KEYS_\w+|ARCHITECTURE)$/);
    }
  }, 60_000);

  test.each<[string, string, RegExp, (shapes: Shapes) => void]>([
    ['a tensor too many', 'E_KEYS_EXTRA', /encoder\.extra/, (s) => s.set('encoder.extra', [1])],
    ['codes that are numbered anew', 'E_NET_UNSUPPORTED', /quantize\.used/, (s) => s.set('quantize.used', [4])],
    ['no codebook', 'E_NET_UNSUPPORTED', /no codebook.*Stable Diffusion/, (s) => s.delete('quantize.embedding.weight')],
    [
      'a width that is no multiple of 32',
      'E_ARCHITECTURE',
      /24 channels/,
      (s) => s.set('encoder.down.0.block.0.conv1.weight', [24, 32, 3, 3]),
    ],
    [
      'a width that is no multiple of ch',
      'E_ARCHITECTURE',
      /multiples of 96/,
      (s) => s.set('encoder.conv_in.weight', [96, 3, 3, 3]),
    ],
    ['a kernel of two axes', 'E_ARCHITECTURE', /shape \[32, 3\]/, (s) => s.set('encoder.conv_in.weight', [32, 3])],
    [
      'nine levels',
      'E_ARCHITECTURE',
      /at most 8/,
      (s) => {
        for (let level = 2; level < 9; level++) s.set(`encoder.down.${level}.block.0.conv1.weight`, [64, 64, 1, 1]);
      },
    ],
    [
      'an encoder without a beginning',
      'E_KEYS_MISSING',
      /encoder\.conv_in\.weight is missing/,
      (s) => s.delete('encoder.conv_in.weight'),
    ],
    [
      'a decoder without one',
      'E_KEYS_MISSING',
      /decoder\.conv_in\.weight is missing/,
      (s) => s.delete('decoder.conv_in.weight'),
    ],
  ])('%s is refused', async (_, code, message, spoil) => {
    const shapes = listTiny();
    spoil(shapes);
    expect(await refused(shapes)).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('two of them in one dictionary are not guessed between', async () => {
    const error = await refused(new Map([...listTiny('a.'), ...listTiny('b.')]));
    expect(error).toMatchObject({ code: 'E_ARCHITECTURE', message: expect.stringContaining('"a." and "b."') });
  });

  test('any one byte changed is read or refused', async () => {
    const original = readFileSync(golden.path(golden.record.cases[0]!.files.checkpoint));
    let refusals = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(40_000), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const bytes = Uint8Array.from(original);
        bytes[at]! ^= change;
        const outcome = await openCheckpoint(sourceFromBytes(bytes, 'x')).catch((error: unknown) => error);
        if (outcome instanceof DalleError) refusals++;
        else expect(kinds(outcome as Weights[])).toEqual(BOTH);
      }),
      { numRuns: 150 },
    );
    expect(refusals).toBeGreaterThan(10);
  }, 60_000);
});
