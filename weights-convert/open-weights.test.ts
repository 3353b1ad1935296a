/**
 * Real checkpoints opened: the emoji dVAE, the small goldens in every container and layout, and nets written by our own
 * writer, changed in one place each, to see that the change is found and named.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { sourceFromBlob, sourceFromBytes } from './byte-source.ts';
import { expectedTensors } from '../nets/dvae/tensors.ts';
import { OFFICIAL_DECODER, OFFICIAL_ENCODER, type DvaeArchitecture } from '../nets/dvae/architecture.ts';
import { expectedNetTensors } from '../nets/net-kinds.ts';
import { writeModulePickle, type ModuleTensor } from './families/openai/module-pickle.ts';
import { openWeights } from './open-weights.ts';
import { generateTensors } from './families/openai/official-size.ts';
import { decodePickle } from './pickle/decode-pickle.ts';
import { encodePickle } from './pickle/encode-pickle.ts';
import type { DictRecord, PickleValue } from './pickle/records.ts';
import { openSafetensors } from './safetensors/read-safetensors.ts';
import { writeSafetensors } from './safetensors/write-safetensors.ts';
import { openZip, readZipEntry } from './zip/zip-archive.ts';
import { writeZip } from './zip/write-zip.ts';
import type { Weights } from '../nets/weights.ts';

const root = new URL('../test/', import.meta.url);
const smallEncoder: DvaeArchitecture = { ...OFFICIAL_ENCODER, n_hid: 4, n_blk_per_group: 1, vocab_size: 8 };
const smallDecoder: DvaeArchitecture = { ...OFFICIAL_DECODER, n_init: 4, n_hid: 4, n_blk_per_group: 1, vocab_size: 8 };

function openTestFile(path: string): Promise<Weights> {
  return openWeights(sourceFromBytes(readFileSync(new URL(path, root)), path));
}

async function collect(blocks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const block of blocks) all.push(block);
  return new Uint8Array(Buffer.concat(all));
}

async function hashTensors({ tensors }: Weights): Promise<string> {
  const hash = createHash('sha256');
  for (const tensor of tensors.values()) hash.update(new Uint8Array((await tensor.read()).buffer));
  return hash.digest('hex');
}

test('the official sizes have the official tensors', () => {
  const count = (architecture: DvaeArchitecture): number =>
    [...expectedTensors(architecture).values()].reduce((sum, shape) => sum + shape.reduce((a, b) => a * b), 0);
  expect(expectedTensors(OFFICIAL_ENCODER).size).toBe(74);
  expect(count(OFFICIAL_ENCODER)).toBe(53_786_240);
  expect(expectedTensors(OFFICIAL_DECODER).size).toBe(76);
  expect(count(OFFICIAL_DECODER)).toBe(43_829_766);
});

describe('the emoji dVAE', () => {
  test.each([
    [
      'encoder',
      { kind: 'dvae-encoder', n_hid: 64, n_blk_per_group: 1, input_channels: 3, vocab_size: 1024, group_count: 4 },
    ],
    [
      'decoder',
      {
        kind: 'dvae-decoder',
        n_init: 128,
        n_hid: 64,
        n_blk_per_group: 1,
        output_channels: 3,
        vocab_size: 1024,
        group_count: 4,
      },
    ],
  ])('%s', async (part, architecture) => {
    const weights = await openTestFile(`data/emoji-dvae/${part}.pkl`);
    expect(weights.architecture).toEqual(architecture);
    expect(weights.source.container).toBe('torch-zip');
    const shapes = [...weights.tensors].map(([name, { shape }]) => [name, shape]);
    expect(shapes).toEqual([...expectedNetTensors(weights.architecture)]);
  });

  test('over a Blob, as in the browser, the same numbers', async () => {
    const path = 'data/emoji-dvae/encoder.pkl';
    const blob = new Blob([readFileSync(new URL(path, root))]);
    const fromBlob = await openWeights(sourceFromBlob(blob, path));
    expect(await hashTensors(fromBlob)).toBe(await hashTensors(await openTestFile(path)));
  });
});

describe('the same net in every container and layout', () => {
  test.each(['encoder', 'decoder'])('%s', async (part) => {
    const layouts = ['zip.channels-last', 'legacy.channels-last', 'zip.one-storage'];
    const opened = await Promise.all(layouts.map((layout) => openTestFile(`golden/hidden-4/${part}.${layout}.pkl`)));
    expect(opened.map(({ source }) => source.container)).toEqual(['torch-zip', 'torch-legacy', 'torch-zip']);
    const [first, ...others] = await Promise.all(opened.map(hashTensors));
    expect(others).toEqual([first, first]);
  });
});

describe('a net of our own writing', () => {
  test.each([smallEncoder, smallDecoder])('$kind reads back, as a pickle and as safetensors', async (architecture) => {
    const tensors = generateTensors(architecture);
    const pickle = await openWeights(
      sourceFromBytes(await collect(writeModulePickle('x', architecture, tensors)), 'x.pkl'),
    );
    expect(pickle.architecture).toEqual(architecture);
    for (const { name, make } of tensors) expect(await pickle.tensors.get(name)!.read()).toEqual(make());
    const safetensors = await collect(writeSafetensors(pickle.tensors, 'f32'));
    const reread = await openWeights(sourceFromBytes(safetensors, 'x.safetensors'));
    expect(reread.architecture).toEqual(architecture);
    expect(await hashTensors(reread)).toBe(await hashTensors(pickle));
  });

  test('missing, extra and mis-shaped tensors are reported together, wanted and got', async () => {
    const tensors = generateTensors(smallEncoder);
    const changed: ModuleTensor[] = [
      ...tensors
        .filter(({ name }) => name !== 'blocks.group_2.block_1.id_path.b')
        .map((tensor) =>
          tensor.name === 'blocks.input.b' ? { ...tensor, shape: [3], make: () => new Float32Array(3) } : tensor,
        ),
      { name: 'blocks.output.conv.extra', shape: [1], make: () => new Float32Array(1) },
    ];
    const file = await collect(writeModulePickle('x', smallEncoder, changed));
    const opening = openWeights(sourceFromBytes(file, 'x.pkl'));
    await expect(opening).rejects.toMatchObject({
      code: 'E_KEYS_MISSING',
      message: expect.stringMatching(
        /Missing: blocks\.group_2\.block_1\.id_path\.b \[8\]\. Not expected: blocks\.output\.conv\.extra\. .*blocks\.input\.b \(wanted \[4\], got \[3\]\)/,
      ),
    });
  });

  /** Rewrites the pickle of a small net after `change` has edited every dict in it. */
  async function openChanged(
    architecture: DvaeArchitecture,
    change: (attributes: DictRecord) => void,
  ): Promise<Weights> {
    const original = sourceFromBytes(
      await collect(writeModulePickle('x', architecture, generateTensors(architecture))),
      'x.pkl',
    );
    const entries = [...(await openZip(original)).values()];
    const { root: tree } = decodePickle(await readZipEntry(original, entries[0]!));
    const visit = (value: PickleValue): void => {
      if (typeof value !== 'object' || value === null || !('tag' in value) || value.tag !== 'call') return;
      const { state } = value;
      if (typeof state !== 'object' || state === null || !('tag' in state) || state.tag !== 'dict') return;
      change(state);
      const modules = state.entries.find(([key]) => key === '_modules')![1];
      for (const [, child] of (modules as DictRecord).entries) visit(child);
    };
    visit(tree);
    const inputs = entries.map((entry, index) => ({
      name: entry.name,
      make: () => (index === 0 ? encodePickle(tree) : readZipEntry(original, entry)),
    }));
    return openWeights(sourceFromBytes(await collect(writeZip(inputs)), 'changed.pkl'));
  }

  const change =
    (name: string, value: PickleValue) =>
    (attributes: DictRecord): void => {
      for (const entry of attributes.entries) if (entry[0] === name) entry[1] = value;
    };

  test('rewriting without a change is harmless', async () => {
    expect((await openChanged(smallEncoder, () => undefined)).architecture).toEqual(smallEncoder);
  });

  test.each<[string, DvaeArchitecture, PickleValue, string]>([
    ['post_gain', smallEncoder, 0.5, 'E_ARCHITECTURE'],
    ['post_gain', smallDecoder, 0.5, 'E_ARCHITECTURE'],
    ['kernel_size', smallEncoder, 3, 'E_ARCHITECTURE'],
    ['ceil_mode', smallEncoder, true, 'E_ARCHITECTURE'],
    ['scale_factor', smallDecoder, 4, 'E_ARCHITECTURE'],
    ['mode', smallDecoder, 'bilinear', 'E_ARCHITECTURE'],
    ['kw', smallEncoder, 5, 'E_ARCHITECTURE'],
    ['n_hid', smallEncoder, 6, 'E_ARCHITECTURE'],
    ['n_hid', smallEncoder, 8, 'E_KEYS_SHAPE'],
    ['n_hid', smallEncoder, 'four', 'E_ARCHITECTURE'],
    ['n_blk_per_group', smallEncoder, 2, 'E_KEYS_MISSING'],
    ['n_blk_per_group', smallEncoder, 2 ** 30, 'E_ARCHITECTURE'],
    ['vocab_size', smallDecoder, 16, 'E_KEYS_SHAPE'],
    ['output_channels', smallDecoder, 1, 'E_KEYS_SHAPE'],
  ])('%s of %o changed to %o: %s', async (name, architecture, value, code) => {
    await expect(openChanged(architecture, change(name, value))).rejects.toMatchObject({ code });
  });

  test('modules in another order are noticed', async () => {
    const opening = openChanged(smallEncoder, (attributes) => {
      const modules = attributes.entries.find(([key]) => key === '_modules')![1] as DictRecord;
      const pool = modules.entries.findIndex(([key]) => key === 'pool');
      if (pool >= 0) modules.entries.unshift(...modules.entries.splice(pool, 1));
    });
    await expect(opening).rejects.toMatchObject({
      code: 'E_ARCHITECTURE',
      message: expect.stringContaining('group_1.pool'),
    });
  });
});

test('a state dict of another net says what it is not', async () => {
  const tensors = new Map([['weight', { shape: [1], read: async () => Float32Array.of(1) }]]);
  const bytes = await collect(writeSafetensors(tensors, 'f32'));
  expect((await openSafetensors(sourceFromBytes(bytes, 'x'))).tensors.size).toBe(1);
  await expect(openWeights(sourceFromBytes(bytes, 'x'))).rejects.toMatchObject({ code: 'E_ARCHITECTURE' });
});
