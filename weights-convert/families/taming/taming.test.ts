/**
 * VQGANs in taming's form and in min-dalle's: sizes out of shapes, both halves out of one file, every tensor accounted
 * for, and what is no such net refused by name. The checkpoints are those of test/golden/make_vqgan.py.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { VqganArchitecture } from '../../../nets/vqgan/architecture.ts';
import { expectedVqganTensors } from '../../../nets/vqgan/tensors.ts';
import type { Weights } from '../../../nets/weights.ts';
import { loadVqganGolden } from '../../../test/helpers/golden.ts';
import {
  BOTH,
  F16,
  F8,
  halves,
  kinds,
  LATENT_F8,
  listTiny,
  writeShapes,
} from '../../../test/helpers/vqgan-checkpoints.ts';
import { TorchCheckpoint } from '../../../test/helpers/torch-checkpoint.ts';
import { sourceFromBytes, type ByteSource } from '../../byte-source.ts';
import { openCheckpoint } from '../../open-weights.ts';
import { dict, globalOf } from '../../pickle/build-records.ts';
import type { PickleValue } from '../../pickle/records.ts';
import { writeCheckpoint } from '../../write-checkpoint.ts';
import { readVqganShapes, TAMING_SETTINGS } from './read-architecture.ts';

const golden = loadVqganGolden();

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
    expect(kinds(await openCheckpoint(await writeShapes(listTiny(prefix))))).toEqual(BOTH);
  });

  test('of a Net2NetTransformer its first stage is taken, and the rest is named', async () => {
    const shapes = new Map([
      ...listTiny('cond_stage_model.'),
      ...listTiny('first_stage_model.'),
      ['transformer.tok_emb.weight', [4, 4]] as const,
    ]);
    const [first, second] = await openCheckpoint(await writeShapes(shapes));
    expect([...second!.tensors.values()].every(({ nameInFile }) => nameInFile?.startsWith('first_'))).toBe(true);
    expect(first!.leftOut).toEqual([
      { reason: 'what conditions the net whose first stage this is', tensors: listTiny().size },
      { reason: 'the transformer of the net whose first stage this is', tensors: 1 },
    ]);
  });

  test('one half alone, also with what its file forgot to leave out', async () => {
    const decoder = new Map([...listTiny()].filter(([name]) => !name.startsWith('encoder.')));
    const [weights, ...others] = await openCheckpoint(await writeShapes(decoder));
    expect([weights!.architecture.kind, others]).toEqual(['vqgan-decoder', []]);
    expect(weights!.leftOut).toEqual([{ reason: 'of an encoder that the file does not have', tensors: 2 }]);
    const encoder = new Map([...listTiny()].filter(([name]) => !name.startsWith('decoder.')));
    expect(kinds(await openCheckpoint(await writeShapes(encoder)))).toEqual(['vqgan-encoder']);
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
