/** One net under other people's names, and two nets in one file: the same numbers under OpenAI's names. */
import { describe, expect, test } from 'vitest';
import { sourceFromBytes, type ByteSource } from './byte-source.ts';
import { expectedTensors, OFFICIAL_DECODER, OFFICIAL_ENCODER, type DvaeArchitecture } from './dvae-spec.ts';
import { generateTensors } from './official-size.ts';
import { openCheckpoint, openWeights } from './open-weights.ts';
import { writeSafetensors, type WritableTensor } from './safetensors/write-safetensors.ts';
import type { Weights } from './weights.ts';

const encoder: DvaeArchitecture = { ...OFFICIAL_ENCODER, n_hid: 4, n_blk_per_group: 1, vocab_size: 8 };
const decoder: DvaeArchitecture = { ...OFFICIAL_DECODER, n_init: 4, n_hid: 4, n_blk_per_group: 1, vocab_size: 8 };

type Tensors = Map<string, WritableTensor>;

function tensorsOf(architecture: DvaeArchitecture, rename: (name: string) => string): Tensors {
  return new Map(
    generateTensors(architecture).map(({ name, shape, make }) => [rename(name), { shape, read: async () => make() }]),
  );
}

async function write(tensors: Tensors): Promise<ByteSource> {
  const blocks: Uint8Array[] = [];
  for await (const block of writeSafetensors(tensors, 'f32')) blocks.push(block);
  return sourceFromBytes(Buffer.concat(blocks), 'x.safetensors');
}

async function expectNet({ architecture, tensors }: Weights, wanted: DvaeArchitecture): Promise<void> {
  expect(architecture).toEqual(wanted);
  expect([...tensors.keys()]).toEqual([...expectedTensors(wanted).keys()]);
  for (const { name, make } of generateTensors(wanted)) expect(await tensors.get(name)!.read(), name).toEqual(make());
}

/** As transformers' convert_dalle_to_flava_codebook.py renames. */
function flavaName(name: string): string {
  return name
    .replace(/(group_\d)\./, '$1.group.')
    .replace('res_path.', 'res_path.path.')
    .replace(/\.w$/, '.weight')
    .replace(/\.b$/, '.bias');
}

describe('an encoder in the names of', () => {
  test.each<[string, (name: string) => string]>([
    ['FLAVA', flavaName],
    ['FLAVA within a model', (name) => `image_codebook.${flavaName(name)}`],
    ['OpenAI within a model', (name) => `vae.enc.${name}`],
  ])('%s', async (_, rename) => {
    await expectNet(await openWeights(await write(tensorsOf(encoder, rename))), encoder);
  });
});

describe('both parts in one file', () => {
  const both = (): Tensors =>
    new Map([...tensorsOf(encoder, (name) => `encoder.${name}`), ...tensorsOf(decoder, (name) => `decoder.${name}`)]);

  test('are two nets', async () => {
    const nets = await openCheckpoint(await write(both()));
    expect(nets.length).toBe(2);
    for (const wanted of [encoder, decoder]) {
      await expectNet(
        nets.find(({ architecture }) => architecture.kind === wanted.kind)!,
        wanted,
      );
    }
  });

  test('are too many where one is wanted', async () => {
    await expect(openWeights(await write(both()))).rejects.toMatchObject({
      code: 'E_ARCHITECTURE',
      message: expect.stringMatching(/a dvae-(en|de)coder .* and a dvae-(en|de)coder .*openCheckpoint/),
    });
  });

  test('and a tensor of neither', async () => {
    const tensors = both().set('step', { shape: [1], read: async () => Float32Array.of(1) });
    await expect(openCheckpoint(await write(tensors))).rejects.toMatchObject({
      code: 'E_KEYS_EXTRA',
      message: expect.stringContaining('Not expected: step.'),
    });
  });

  test('and a third', async () => {
    const tensors = new Map([...both(), ...tensorsOf(encoder, (name) => `teacher.${name}`)]);
    await expect(openCheckpoint(await write(tensors))).rejects.toMatchObject({ code: 'E_ARCHITECTURE' });
  });
});
