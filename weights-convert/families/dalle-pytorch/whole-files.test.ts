/**
 * A transformer of DALLE-pytorch and the VAE in its file: what is stripped, renamed, missing or too much, and where the
 * side of the grid is told. The files are those of test/golden/make_dalle_pytorch.py, changed.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DalleError } from '../../../base/errors.ts';
import type { TransformerArchitecture } from '../../../nets/transformer/architecture.ts';
import type { TensorData, Weights } from '../../../nets/weights.ts';
import { loadGolden, type GoldenProvenance } from '../../../test/helpers/golden.ts';
import { TorchCheckpoint } from '../../../test/helpers/torch-checkpoint.ts';
import { sourceFromBytes } from '../../byte-source.ts';
import { openCheckpoint } from '../../open-weights.ts';
import { dict } from '../../pickle/build-records.ts';
import type { PickleValue } from '../../pickle/records.ts';

type Hparams = Readonly<Record<string, number | boolean | string | null | readonly string[]>>;

const folder = fileURLToPath(new URL('../../../test/golden/dalle-pytorch', import.meta.url));
const golden = loadGolden<GoldenProvenance & { readonly cases: readonly { name: string; hparams: Hparams }[] }>(folder);
const bytesOf = (name: string): Uint8Array => readFileSync(golden.path(`${name}.dalle.pt`));

interface Changes {
  readonly beside?: Readonly<Record<string, PickleValue>>;
  /** Which tensors stay; all unless told. */
  readonly keep?: (name: string) => boolean;
  readonly add?: Readonly<Record<string, readonly number[]>>;
}

/** A golden file written again, with other things in it. */
async function openChanged(
  name: string,
  { beside = {}, keep = () => true, add = {} }: Changes,
): Promise<readonly Weights[]> {
  const tensors = new Map<string, TensorData>();
  for (const weights of await openCheckpoint(sourceFromBytes(bytesOf(name), name))) {
    for (const [own, tensor] of weights.tensors)
      tensors.set((tensor.nameInFile ?? own).replace(/^weights\./, ''), tensor);
  }
  const file = new TorchCheckpoint();
  const state: [string, PickleValue][] = [];
  for (const [key, tensor] of tensors) if (keep(key)) state.push([key, file.tensor(await tensor.read(), tensor.shape)]);
  for (const [key, shape] of Object.entries(add)) {
    state.push([key, file.tensor(new Float32Array(shape.reduce((product, size) => product * size, 1)), shape)]);
  }
  const { hparams } = golden.record.cases.find((given) => given.name === name)!;
  const listed = Object.entries(hparams).map(([key, value]): [string, PickleValue] => {
    return [
      key,
      Array.isArray(value) ? { tag: 'list', items: [...value] as string[], depth: 1 } : (value as PickleValue),
    ];
  });
  const root = dict([['hparams', dict(listed)], ...Object.entries(beside), ['weights', dict(state)]]);
  return openCheckpoint(sourceFromBytes(await file.save(root), `${name}.pt`));
}

const kinds = (weights: readonly Weights[]): string[] => weights.map(({ architecture }) => architecture.kind).sort();
const VQGAN = { vae_class_name: 'VQGanVAE', version: '1.6.6' };
const isVae = (name: string): boolean => name.startsWith('vae.');

describe('a VQGAN beside a transformer', () => {
  test('is taken from a file that does not name its class, as old ones do not', async () => {
    expect(kinds(await openChanged('old-vqgan', {}))).toEqual(['transformer', 'vqgan-decoder', 'vqgan-encoder']);
  });

  test('may be stripped where its class is named, and then has a file of its own', async () => {
    expect(kinds(await openChanged('old-vqgan', { beside: VQGAN, keep: (name) => !isVae(name) }))).toEqual([
      'transformer',
    ]);
    const nameless = openChanged('old-vqgan', { keep: (name) => !isVae(name) });
    await expect(nameless).rejects.toMatchObject({ code: 'E_NET_UNSUPPORTED' });
    await expect(nameless).rejects.toThrow(/over a VAE that it does not name/);
  });

  test.each<[string, string, Changes, RegExp]>([
    [
      'without one of its tensors',
      'E_KEYS_MISSING',
      { keep: (name) => name !== 'vae.model.decoder.mid.attn_1.q.weight' },
      /old-vqgan\.pt says it is a vqgan-decoder.*Missing: decoder\.mid\.attn_1\.q\.weight/,
    ],
    [
      'with a tensor too many',
      'E_KEYS_EXTRA',
      { add: { 'vae.model.encoder.mid.block_3.conv1.weight': [32, 32, 3, 3] } },
      /Not expected: weights\.vae\.model\.encoder\.mid\.block_3\.conv1\.weight/,
    ],
    [
      'beside a stranger',
      'E_KEYS_EXTRA',
      { add: { 'vae.scale': [1], 'clip.weight': [2] } },
      /Not expected: .*clip\.weight/,
    ],
    [
      'without its codebook',
      'E_NET_UNSUPPORTED',
      { keep: (name) => !name.startsWith('vae.model.quantize.') },
      /has no codebook/,
    ],
  ])('%s is refused', async (_, code, changes, message) => {
    const opened = openChanged('old-vqgan', changes);
    await expect(opened).rejects.toThrow(message);
    await expect(opened).rejects.toMatchObject({ code });
  });
});

describe('a DiscreteVAE beside a transformer', () => {
  const params = dict(Object.entries({ num_layers: 2, num_tokens: 21, image_size: 16 }));

  test('is known by its vae_params, which must be as its tensors are', async () => {
    const whole = await openChanged('new-own', { beside: { vae_params: params } });
    expect(kinds(whole)).toEqual(['discrete-vae-decoder', 'discrete-vae-encoder', 'transformer']);
    const other = openChanged('new-own', { beside: { vae_params: dict([['num_layers', 3]]) } });
    await expect(other).rejects.toThrow(/hparams say that num_layers is 3, and the tensors say 2/);
  });

  test('that lacks a tensor is refused by its name', async () => {
    const keep = (name: string): boolean => name !== 'vae.decoder.1.net.4.bias';
    await expect(openChanged('new-own', { beside: { vae_params: params }, keep })).rejects.toMatchObject({
      code: 'E_KEYS_MISSING',
      message: expect.stringContaining('decoder.1.net.4.bias'),
    });
  });
});

describe('the side of the grid with rotary positions', () => {
  const gridOf = (weights: readonly Weights[]): unknown =>
    (weights.find(({ architecture }) => architecture.kind === 'transformer')!.architecture as TransformerArchitecture)
      .grid;
  const pos_emb = { 'transformer.pos_emb': [1, 5 + 1 + 16, 16] };

  test('is told by its angles, by us, or by the VAE', async () => {
    expect(gridOf(await openChanged('new-vqgan', { beside: VQGAN, add: pos_emb }))).toEqual([4, 4]);
    expect(gridOf(await openChanged('new-vqgan', { beside: { ...VQGAN, image_side: 6 } }))).toEqual([6, 6]);
    // A picture of 256 pixels, as DALLE-pytorch's class of others' VAEs has it, halved once.
    expect(gridOf(await openChanged('new-vqgan', { beside: VQGAN }))).toEqual([128, 128]);
  });

  test('is not guessed', async () => {
    const stripped = openChanged('new-vqgan', { beside: VQGAN, keep: (name) => !isVae(name) });
    await expect(stripped).rejects.toThrow(/nothing says how many image tokens lie along a side/);
    await expect(stripped).rejects.toMatchObject({ code: 'E_ARCHITECTURE' });
  });
});

test('any one byte changed is read or refused', async () => {
  const original = bytesOf('new-own');
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(fc.nat(original.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
      const bytes = Uint8Array.from(original);
      bytes[at]! ^= change;
      const outcome = await openCheckpoint(sourceFromBytes(bytes, 'x')).catch((error: unknown) => error);
      if (outcome instanceof DalleError) refused++;
      else expect(kinds(outcome as Weights[])).toContain('transformer');
    }),
    { numRuns: 150, seed: 20261130 },
  );
  expect(refused).toBeGreaterThan(20);
});
