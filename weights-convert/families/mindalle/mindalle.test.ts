/**
 * minDALL-E's second stage as its training saves it (test/golden/make_mindalle.py): every tensor under its own name and
 * under ours, and what its tensors do not say.
 */
import { describe, expect, test } from 'vitest';
import { relativeCases } from '../../../test/helpers/transformer-golden.ts';
import { configurations } from '../../../nets/transformer/configurations.ts';
import { expectedTransformerTensors } from '../../../nets/transformer/tensors.ts';
import type { TransformerArchitecture } from '../../../nets/transformer/architecture.ts';
import { netTensors } from '../../../nets/weights.ts';
import { sourceFromBytes } from '../../byte-source.ts';
import { openWeights } from '../../open-weights.ts';
import { dict } from '../../pickle/build-records.ts';
import type { PickleValue } from '../../pickle/records.ts';
import { writeCheckpoint } from '../../write-checkpoint.ts';
import { canonicalName } from './names.ts';
import { readMindalle } from './open-transformer.ts';
import { readConfig } from './read-config.ts';

const given = relativeCases.find(({ architecture }) => architecture.names === 'mindalle')!;

test('is what its class made', async () => {
  const weights = await given.open();
  expect(weights.architecture).toEqual(given.architecture);
  expect(weights.leftOut).toBeUndefined();
  const wanted = expectedTransformerTensors(given.architecture);
  expect([...netTensors(weights)].map(([name, { shape }]) => [name, shape])).toEqual([...wanted]);
  expect([...weights.tensors.keys()].every((name) => canonicalName(name) !== undefined)).toBe(true);
  expect(weights.tensors.size).toBe(2 * 16 + 8);
  await weights.close();
});

test('is written so that it is read as the same, under the key that minDALL-E asks for', async () => {
  const weights = await given.open();
  const blocks: Uint8Array[] = [];
  for await (const block of writeCheckpoint(weights)) blocks.push(block);
  const again = await openWeights(sourceFromBytes(Buffer.concat(blocks), 'again.pt'));
  expect(again.architecture).toEqual(given.architecture);
  expect(again.takenOff).toBeUndefined();
  await weights.close();
});

describe('what the tensors do not say', () => {
  const shapes = new Map<string, number[]>([
    ['tok_emb_txt.weight', [16_384, 1536]],
    ['tok_emb_img.weight', [16_384, 1536]],
    ['pos_emb_txt.weight', [64, 1536]],
    ['pos_emb_img.weight', [256, 1536]],
    ['blocks.0.mlp.0.weight', [6144, 1536]],
    ...Array.from({ length: 42 }, (_, i): [string, number[]] => [`blocks.${i}.ln1.weight`, [1536]]),
  ]);
  const read = (stage2?: PickleValue, others: readonly (readonly [string, number[]])[] = []): TransformerArchitecture =>
    readMindalle({
      shapes: new Map([...shapes, ...others]),
      settings: stage2 === undefined ? undefined : new Map([['stage2', stage2]]),
      dataOf: () => undefined,
      sourceName: 'stage2_last.ckpt',
    });
  const stage = (hparams: Readonly<Record<string, PickleValue>>, type = 'transformer1d'): PickleValue =>
    dict([
      ['type', type],
      ['hparams', dict(Object.entries(hparams))],
    ]);

  test('is known of the published size, or stated', () => {
    expect(read()).toEqual(configurations.mindalle);
    expect(read(stage({ n_heads: 24, gelu_use_approx: false, embd_pdrop: 0 }))).toEqual(configurations.mindalle);
    expect(read(stage({ n_heads: 12 }))).toMatchObject({ heads: 12, head_size: 128 });
  });

  test.each<[string, () => TransformerArchitecture, RegExp]>([
    ['another size', () => read(undefined, [['tok_emb_txt.weight', [16_384, 1024]]]), /42 layers of 1024/],
    ['another net', () => read(stage({ n_heads: 24 }, 'igpt')), /of type igpt/],
    ['another activation', () => read(stage({ n_heads: 24, gelu_use_approx: true })), /gelu_use_approx/],
    ['no heads', () => read(stage({}), [['tok_emb_txt.weight', [16_384, 1024]]]), /42 layers of 1024/],
    ['settings of another model', () => read(stage({ n_heads: 8, n_layers: 12 })), /n_layers is 12.* make it 42/],
    ['a width of another', () => read(stage({ n_heads: 8, embed_dim: 512 })), /embed_dim is 512.* make it 1536/],
    ['heads that do not divide', () => read(stage({ n_heads: 7 })), /head_size should be an integer/],
    ['a stage that is none', () => read('stage2'), /says nothing of its hparams/],
    ['no square', () => read(undefined, [['pos_emb_img.weight', [250, 1536]]]), /rows of grid/],
  ])('%s is refused', (_, reading, message) => {
    expect(reading).toThrow(expect.objectContaining({ code: 'E_ARCHITECTURE' }));
    expect(reading).toThrow(message);
  });
});

describe('config.yaml', () => {
  /** As the project has it, and what else such files have. */
  const text = [
    '# minDALL-E',
    'dataset:',
    '  tokenizer_type: CharBPE',
    "  transforms: 'dalle-vqvae'  # quoted",
    '  bpe_pdrop: null',
    '',
    'stage1:',
    '  type: vqgan',
    '  hparams:',
    '    ch_mult: [1, 1, 2, 2, 4]',
    '    attn_resolutions: []',
    '    pdrop: 0.0',
    'stage2:',
    '  type: transformer1d',
    '  hparams:',
    '    embed_dim: 1536',
    '    n_heads: 24',
    '    gelu_use_approx: False',
    '  vocab_size_txt: 16384',
    'optimizer:',
    '    base_lr: 1e-4',
    '',
  ].join('\n');

  test('is read as what it says', () => {
    const found = readConfig(text)!;
    expect([...found.keys()]).toEqual(['dataset', 'stage1', 'stage2', 'optimizer']);
    expect(found.get('stage2')).toEqual(
      dict([
        ['type', 'transformer1d'],
        [
          'hparams',
          dict([
            ['embed_dim', 1536],
            ['n_heads', 24],
            ['gelu_use_approx', false],
          ]),
        ],
        ['vocab_size_txt', 16_384],
      ]),
    );
    expect(found.get('optimizer')).toEqual(dict([['base_lr', 1e-4]]));
    expect(readConfig(text.replaceAll('\n', '\r\n'))).toEqual(found);
  });

  test('is no other text', () => {
    for (const other of ['', 'hello', '{"stage2": 1}', text.replace('stage2:', ' stage2:')]) {
      expect(readConfig(other)).toBeUndefined();
    }
  });

  test.each<[string, string, RegExp]>([
    ['a list by lines', text.replace('[]', '\n      - 16'), /line 12 is no key/],
    ['an anchor', text.replace('type: vqgan', 'type: &a vqgan'), /line 8 has a value/],
    ['a tag', text.replace('type: vqgan', 'type: !!python/object:os.system x'), /line 8 has a value/],
    ['a nested list', text.replace('[]', '[[16]]'), /line 11 has a value/],
    ['tabs', text.replace('    n_heads', '\tn_heads'), /line 17 is no key/],
    ['an indent of its own', text.replace('    n_heads', '   n_heads'), /line 17 is indented/],
    ['a key twice', text.replace('n_heads: 24', 'embed_dim: 8'), /line 17 has a key for the second time/],
    ['very many lines', text + '#\n'.repeat(3000), /line 30\d\d is beyond/],
  ])('with %s is refused', (_, changed, message) => {
    expect(() => readConfig(changed)).toThrow(expect.objectContaining({ code: 'E_ARCHITECTURE' }));
    expect(() => readConfig(changed)).toThrow(message);
  });

  test('changed anywhere it is read or refused, and nothing else', () => {
    for (let at = 0; at < text.length; at++) {
      for (const letter of ['', ':', ' ', '\n', '[', '\0', 'x', '#', '__proto__: ']) {
        const changed = text.slice(0, at) + letter + text.slice(at + 1);
        try {
          readConfig(changed);
        } catch (error) {
          expect(error).toMatchObject({ code: 'E_ARCHITECTURE' });
        }
      }
    }
    expect(Object.prototype).not.toHaveProperty('stage2');
  });
});
