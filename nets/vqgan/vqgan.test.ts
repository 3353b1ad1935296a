/**
 * VQGANs against PyTorch's original classes (test/golden/make_vqgan.py): small ones of both quantisers, with attention
 * at one level and at two, out of Lightning's checkpoints and of min-dalle's detokeniser. Bounds: design section 5.
 */
import { afterEach, describe, expect, test } from 'vitest';
import type { Device } from '../../engine/index.ts';
import { compile, gather } from '../../ops/index.ts';
import { expectClose } from '../../test/helpers/close.ts';
import { cpuVariants, openCpuTestDevice } from '../../test/helpers/cpu-device.ts';
import { deviceVariants, openTestDevice, openVariant } from '../../test/helpers/devices.ts';
import { loadVqganGolden, type VqganCase } from '../../test/helpers/golden.ts';
import { openFileSource } from '../../weights-convert/node/file-source.ts';
import { openCheckpoint } from '../../weights-convert/open-weights.ts';
import { growTree } from '../weight-tree.ts';
import { isKind, netTensors, type Weights, type WeightsOf } from '../weights.ts';
import type { Pixels, TokenGrid } from '../picture-coder.ts';
import { deriveScores, deriveTable } from './codebook.ts';
import { decoder } from './decoder.ts';
import { encoder } from './encoder.ts';
import { toRange } from './pixels.ts';
import { Vqgan, type VqganOptions, type VqganParts } from './vqgan.ts';

/** Those that fit such a net. */
const RULES = ['pack_conv2d', 'residual_on_write', 'argmax_on_write', 'silu_on_write', 'split_group_norm'];

const golden = loadVqganGolden();
const open: { close(): Promise<void> }[] = [];
afterEach(() => Promise.all(open.splice(0).map((opened) => opened.close())));

async function openParts(file: string): Promise<VqganParts & { encoder?: Weights; decoder?: Weights }> {
  const weights = await openCheckpoint(await openFileSource(golden.path(file)));
  open.push({ close: async () => weights[0]!.close() });
  const [encoder, decoder] = [find(weights, 'vqgan-encoder'), find(weights, 'vqgan-decoder')];
  return { ...(encoder && { encoder }), ...(decoder && { decoder }) };
}

function find<Kind extends Weights['architecture']['kind']>(
  all: readonly Weights[],
  kind: Kind,
): WeightsOf<Kind> | undefined {
  return all.find((weights): weights is WeightsOf<Kind> => isKind(weights, kind));
}

async function load(file: string, options: VqganOptions): Promise<Vqgan> {
  const vqgan = new Vqgan(await openParts(file), options);
  open.push({ close: () => vqgan.dispose() });
  return vqgan;
}

const caseOf = (name: string): VqganCase => golden.record.cases.find((given) => given.name === name)!;

function pixelsOf({ name, shape }: VqganCase): Pixels {
  return { data: Float32Array.from(golden.array(`${name}.pixels`).data), shape };
}

function tokensOf({ name }: VqganCase): TokenGrid {
  const { data, shape } = golden.array(`${name}.tokens`);
  return { data: Int32Array.from(data), shape: shape as unknown as TokenGrid['shape'] };
}

/** Decoder's maps before they are clamped; `B` pictures at once. */
async function decodeMaps(
  device: Device,
  weights: WeightsOf<'vqgan-decoder'>,
  tokens: TokenGrid,
): Promise<Float32Array> {
  const { architecture } = weights;
  const tree = growTree(deriveTable(architecture, netTensors(weights)));
  const trace = ({ x }: { x: Parameters<typeof gather>[1] }) =>
    decoder(architecture, tree, gather(tree.get('table'), x, 1));
  using plan = compile(device, trace, { x: { shape: tokens.shape, dtype: 'i32' } });
  return (await plan.run({ x: tokens.data })) as Float32Array;
}

/** What the quantiser is given, [B, e, h, w]. */
async function encodeLatents(
  device: Device,
  weights: WeightsOf<'vqgan-encoder'>,
  pixels: Pixels,
): Promise<Float32Array> {
  const { architecture } = weights;
  const tree = growTree(deriveScores(architecture, netTensors(weights)));
  using plan = compile(device, ({ x }) => encoder(architecture, tree, toRange(x, architecture.pixel_range)), {
    x: pixels.shape,
  });
  return (await plan.run({ x: pixels.data })) as Float32Array;
}

/** The maps of a case within 16 times PyTorch's own error; then pixels and tokens by the class. */
async function checkCase(
  device: Device,
  given: VqganCase,
  rewriting: Omit<VqganOptions, 'device'> = {},
): Promise<void> {
  const { name, errors, files } = given;
  const parts = await openParts(files.checkpoint);
  const [first, second] = [find(Object.values(parts), 'vqgan-encoder')!, find(Object.values(parts), 'vqgan-decoder')!];
  const label = (what: string): { label: string } => ({ label: `${name} ${what}` });
  const latents = await encodeLatents(device, first, pixelsOf(given));
  expectClose(latents, golden.array(`${name}.latents.f64`).data, 16 * errors.latents.maxError, label('latents'));
  const maps = await decodeMaps(device, second, tokensOf(given));
  const expected = golden.array(`${name}.decoded.f64`).data;
  expectClose(maps, expected, 16 * errors.decoded.maxError, label('decoded'));
  const vqgan = await load(files.checkpoint, { device, ...rewriting });
  const tokens = await vqgan.encode(pixelsOf(given));
  expectTokens(tokens, given);
  const { data, shape } = await vqgan.decode(tokensOf(given));
  expect(shape).toEqual(given.shape);
  const inRange = Float64Array.from(expected, (value) => (Math.min(1, Math.max(-1, value)) + 1) / 2);
  expectClose(data, inRange, 8 * errors.decoded.maxError, label('pixels'));
}

/** Tokens may differ only where the two best are closer than twice the error that is allowed. */
function expectTokens(actual: TokenGrid, { name, errors, shape }: VqganCase): void {
  const expected = tokensOf({ name } as VqganCase);
  const gaps = golden.array(`${name}.gap`).data;
  expect(actual.shape).toEqual(expected.shape);
  expect(actual.shape[0]).toBe(shape[0]);
  const different = [...actual.data.keys()].filter((at) => actual.data[at] !== expected.data[at]);
  expect(different.filter((at) => !(gaps[at]! < 2 * 16 * errors.scores.maxError))).toEqual([]);
  expect(different.length).toBeLessThanOrEqual(1);
}

describe.each(golden.record.cases.map((given) => [given.name, given] as const))('%s equals PyTorch', (_, given) => {
  test('on WebGL', async () => checkCase(await openTestDevice(), given));

  test.each(cpuVariants)('on the CPU, $name', ({ open }) => checkCase(open(), given));
});

describe('two-levels equals PyTorch', () => {
  const given = caseOf('two-levels');

  test.each(deviceVariants)('on $name', async (variant) => checkCase(await openVariant(variant), given));

  test.each(RULES)('without rewrite %s', async (name) => checkCase(await openTestDevice(), given, { without: [name] }));
});

describe("min-dalle's detokeniser", () => {
  const given = caseOf('two-levels');

  test.each(['WebGL', 'CPU'])('has another epsilon and another range, on %s', async (kind) => {
    const device = kind === 'CPU' ? openCpuTestDevice() : await openTestDevice();
    const { decoder } = await openParts(given.files.detokeniser!);
    if (!decoder || !isKind(decoder, 'vqgan-decoder')) throw new Error('another net');
    expect(decoder.architecture).toMatchObject({ epsilon: 1e-5, pixel_range: [0, 1] });
    const maps = await decodeMaps(device, decoder, tokensOf(given));
    const expected = golden.array('two-levels.detokenised.f64').data;
    expectClose(maps, expected, 16 * given.errors.detokenised!.maxError, { label: 'detokenised' });
    const vqgan = await load(given.files.detokeniser!, { device });
    const { data } = await vqgan.decode(tokensOf(given));
    const clamped = Float64Array.from(expected, (value) => Math.min(1, Math.max(0, value)));
    expectClose(data, clamped, 16 * given.errors.detokenised!.maxError, { label: 'pixels' });
  });

  test('has the same pixels as the same weights under the names of taming', async () => {
    const device = openCpuTestDevice();
    const [own, whole] = [await openParts(given.files.detokeniser!), await openParts(given.files.checkpoint)];
    const renamed = { ...whole.decoder!, architecture: own.decoder!.architecture };
    const decoded = [own.decoder!, renamed].map((decoder) =>
      new Vqgan({ decoder }, { device }).decode(tokensOf(given)),
    );
    const [a, b] = await Promise.all(decoded);
    expect(a).toEqual(b);
  });
});
