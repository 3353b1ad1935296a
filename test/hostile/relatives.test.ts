/**
 * Broken and made-up files of ruDALL-E's and minDALL-E's: each is refused with a code, in a paragraph that names the
 * family and what is wrong in the file's own words.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../base/node/package-files.ts';
import { openWeights, sourceFromBytes } from '../../weights-convert/index.ts';
import { dict } from '../../weights-convert/pickle/build-records.ts';
import type { PickleValue } from '../../weights-convert/pickle/records.ts';
import { readNumbers, writeLightning, writeStateDict, type Numbers } from '../helpers/rewritten-checkpoint.ts';
import { dict as dictOf, integer, pickle, tensor, text } from './pickle-assembler.ts';
import { torchZip } from './torch-assembler.ts';

const golden = (name: string): string => join(packageRoot, 'test', 'golden', name);
const rudalle = await readNumbers(golden('rudalle/v3-12.pt'));
const mindalle = await readNumbers(golden('mindalle/stage2.pt'));

type Change = (numbers: Map<string, Numbers>) => void;
type Case = readonly [what: string, change: Change, code: string, said: RegExp];

const numbers = (...shape: number[]): Numbers => ({
  shape,
  values: new Float32Array(shape.reduce((a, b) => a * b, 1)),
});
const remove =
  (name: string): Change =>
  (all) =>
    void all.delete(name);
const put =
  (name: string, ...shape: number[]): Change =>
  (all) =>
    void all.set(name, numbers(...shape));
const swap =
  (a: string, b: string): Change =>
  (all) => {
    const [first, second] = [all.get(a)!, all.get(b)!];
    all.set(a, second).set(b, first);
  };
const flip =
  (name: string, at: number): Change =>
  (all) => {
    const { shape, values } = all.get(name)!;
    const changed = values.slice();
    changed[at] = 1 - changed[at]!;
    all.set(name, { shape, values: changed });
  };

async function expectRefused(bytes: Uint8Array, code: string, said: RegExp): Promise<void> {
  const error: unknown = await openWeights(sourceFromBytes(bytes, 'model.bin')).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code, message: expect.stringMatching(said) });
  const { message } = error as Error;
  expect(message).not.toContain('\n');
  expect(message.length).toBeLessThan(1500);
}

describe('ruDALL-E', () => {
  const settings = { hf_version: 'v3', num_attention_heads: 2 };
  const layer = 'transformer.layers.3';
  const cases: readonly Case[] = [
    [
      'a tensor is missing',
      remove(`${layer}.mlp.dense_4h_to_h.bias`),
      'E_KEYS_MISSING',
      /rudalle.*layers\.3\.mlp\.down\.bias/,
    ],
    ['a norm is missing', remove('to_logits.0.weight'), 'E_KEYS_MISSING', /rudalle.*output_norm\.weight/],
    [
      'a layer is cut out',
      remove(`${layer}.input_layernorm.weight`),
      'E_KEYS_EXTRA',
      /rudalle.*depth 3.*transformer\.layers\.3/,
    ],
    ['one tensor more', put('lora.weight', 4, 4), 'E_KEYS_EXTRA', /rudalle.*Not expected: lora\.weight/],
    [
      'one layer more, without its norm',
      put('transformer.layers.5.mlp.dense_4h_to_h.bias', 32),
      'E_KEYS_EXTRA',
      /layers\.5/,
    ],
    [
      'of another shape',
      put(`${layer}.attention.dense.weight`, 32, 31),
      'E_KEYS_SHAPE',
      /rudalle.*dense\.weight.*\[32, 31\]/,
    ],
    ['more columns than rows', put('image_col_embeddings.weight', 13, 32), 'E_KEYS_SHAPE', /image_col_embeddings/],
    [
      'rows and text positions swapped',
      swap('text_pos_embeddings.weight', 'image_row_embeddings.weight'),
      'E_ARCHITECTURE',
      /ruDALL-E.*row_mask.*positions/,
    ],
    [
      'a bit of a mask',
      flip('transformer.row_mask', 12_345),
      'E_ARCHITECTURE',
      /ruDALL-E.*transformer\.row_mask shows other/,
    ],
    [
      'masks swapped',
      swap('transformer.row_mask', 'transformer.conv_mask'),
      'E_ARCHITECTURE',
      /transformer\.row_mask shows other/,
    ],
    ['a mask of another size', put('transformer.col_mask', 10, 10), 'E_ARCHITECTURE', /col_mask is \[10, 10\]/],
    ['no text at all', put('text_pos_embeddings.weight', 1, 32), 'E_ARCHITECTURE', /text_length should be/],
    ['an embedding without a width', put('text_embeddings.weight', 26), 'E_ARCHITECTURE', /dim should be/],
  ];

  test.each(cases)('%s', async (_, change, code, said) => {
    const changed = new Map(rudalle);
    change(changed);
    await expectRefused(await writeStateDict(changed, settings), code, said);
  });

  test.each<[string, Readonly<Record<string, PickleValue>>, RegExp]>([
    [
      'the other version',
      { hf_version: 'v2', num_attention_heads: 2 },
      /hf_version is v2, and its masks are those of v3/,
    ],
    ['no version that there is', { hf_version: 3, num_attention_heads: 2 }, /hf_version is 3, and there are/],
    ['no heads', { hf_version: 'v3' }, /5 layers of 32, which no published model has/],
    ['very many heads', { hf_version: 'v3', num_attention_heads: 2 ** 31 }, /num_attention_heads is 2147483648/],
    ['heads of nothing', { hf_version: 'v3', num_attention_heads: 0 }, /num_attention_heads is 0/],
  ])('says %s', async (_, said, message) => {
    await expectRefused(await writeStateDict(rudalle, said), 'E_ARCHITECTURE', message);
  });

  test('a mask that claims terabytes is not read', async () => {
    const views = Object.fromEntries(
      [...rudalle].map(([name, { shape }]) => [
        name,
        tensor(
          '0',
          4,
          shape,
          shape.map(() => 0),
        ),
      ]),
    );
    const huge = { ...views, 'transformer.conv_mask': tensor('0', 4, [2 ** 20, 2 ** 20], [0, 0]) };
    const stated = { hf_version: text('v3'), num_attention_heads: integer(2) };
    const bytes = torchZip(pickle(dictOf({ ...stated, ...huge })), { 0: 4 });
    await expectRefused(bytes, 'E_TENSOR_GEOMETRY', /transformer\.conv_mask/);
  });

  test('cut anywhere', async () => {
    const bytes = readFileSync(golden('rudalle/v3-4.pt'));
    for (const share of [0.01, 0.3, 0.7, 0.99, 0.9999]) {
      const cut = bytes.subarray(0, Math.floor(share * bytes.length));
      await expectRefused(cut, 'E_ZIP_TRUNCATED', /model\.bin/);
    }
  });
});

describe('minDALL-E', () => {
  const stage = (hparams: Readonly<Record<string, PickleValue>>): Readonly<Record<string, PickleValue>> => ({
    stage2: dict([['hparams', dict(Object.entries(hparams))]]),
  });
  const settings = stage({ n_heads: 2 });
  const cases: readonly Case[] = [
    [
      'a tensor is missing',
      remove('blocks.1.attn.value.weight'),
      'E_KEYS_MISSING',
      /mindalle.*layers\.1\.attention\.value\.weight/,
    ],
    [
      'a head with a bias',
      put('head_img.bias', 22),
      'E_KEYS_EXTRA',
      /mindalle.*Not expected: state_dict\.head_img\.bias/,
    ],
    [
      'keys of another width',
      put('blocks.0.attn.key.weight', 32, 16),
      'E_KEYS_SHAPE',
      /mindalle.*attn\.key\.weight.*\[32, 16\]/,
    ],
    ['embeddings swapped', swap('tok_emb_txt.weight', 'tok_emb_img.weight'), 'E_KEYS_SHAPE', /mindalle.*head_txt/],
    ['a layer is cut out', remove('blocks.0.ln1.weight'), 'E_ARCHITECTURE', /depth should be/],
    ['a grid that is no square', put('pos_emb_img.weight', 15, 32), 'E_ARCHITECTURE', /rows of grid/],
    ['a start of its own', put('sos', 1, 1, 32), 'E_KEYS_EXTRA', /mindalle.*Not expected: state_dict\.sos/],
  ];

  test.each(cases)('%s', async (_, change, code, said) => {
    const changed = new Map(mindalle);
    change(changed);
    await expectRefused(await writeLightning(changed, settings), code, said);
  });

  test.each<[string, Readonly<Record<string, PickleValue>>, RegExp]>([
    ['nothing', {}, /2 layers of 32, which is not the published/],
    ['settings of the published one', stage({ n_heads: 24, embed_dim: 1536 }), /embed_dim is 1536/],
    ['very many heads', stage({ n_heads: 2 ** 31 }), /heads should be an integer/],
    ['another activation', stage({ n_heads: 2, gelu_use_approx: true }), /gelu_use_approx/],
    ['a number in the place of settings', { stage2: 7 }, /says nothing of its hparams/],
  ])('says %s', async (_, said, message) => {
    await expectRefused(await writeLightning(mindalle, said), 'E_ARCHITECTURE', message);
  });

  test('an iGPT, by its name', async () => {
    const without = new Map([...mindalle].filter(([name]) => !name.includes('txt')));
    without.delete('head_img.weight');
    without.set('head.weight', numbers(22, 32)).set('sos', numbers(1, 1, 32));
    await expectRefused(
      await writeLightning(without),
      'E_NET_UNSUPPORTED',
      /an iGPT of minDALL-E's: it draws without a text/,
    );
  });
});

test('the two in one file are two transformers, and which is meant is not known', async () => {
  const both = new Map([...rudalle, ...mindalle]);
  await expectRefused(
    await writeStateDict(both, { hf_version: 'v3', num_attention_heads: 2 }),
    'E_ARCHITECTURE',
    /2 nets/,
  );
});
