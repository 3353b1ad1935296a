/**
 * DALLE-pytorch's discrete VAE against its own class in PyTorch (test/golden/make_discrete_vae.py): without residual
 * blocks and with, of three channels and of four, out of the files that its training saves. Bounds: 16 times PyTorch's
 * own error.
 */
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import type { Device } from '../../engine/index.ts';
import { compile } from '../../ops/index.ts';
import { expectClose } from '../../test/helpers/close.ts';
import { cpuVariants, openCpuTestDevice } from '../../test/helpers/cpu-device.ts';
import { deviceVariants, openTestDevice, openVariant } from '../../test/helpers/devices.ts';
import { loadGolden, type GoldenError, type GoldenProvenance } from '../../test/helpers/golden.ts';
import { openFileSource } from '../../weights-convert/node/file-source.ts';
import { openCheckpoint } from '../../weights-convert/open-weights.ts';
import type { PatchCoderOptions } from '../patch-coder.ts';
import type { Pixels, TokenGrid } from '../picture-coder.ts';
import { growTree } from '../weight-tree.ts';
import { isKind, netTensors, type Weights, type WeightsOf } from '../weights.ts';
import { DiscreteVae } from './discrete-vae.ts';
import { decoder, encoder } from './nets.ts';
import { normalise } from './pixels.ts';
import { deriveTransposed } from './transposed.ts';

interface Case {
  readonly name: string;
  readonly shape: readonly [batch: number, channels: number, height: number, width: number];
  readonly errors: { readonly logits: GoldenError; readonly decoded: GoldenError };
}

const folder = fileURLToPath(new URL('../../test/golden/discrete-vae', import.meta.url));
const golden = loadGolden<GoldenProvenance & { readonly cases: readonly Case[] }>(folder);
const { cases } = golden.record;

const open: { close(): Promise<void> }[] = [];
afterEach(() => Promise.all(open.splice(0).map((opened) => opened.close())));

interface Parts {
  readonly encoder: WeightsOf<'discrete-vae-encoder'>;
  readonly decoder: WeightsOf<'discrete-vae-decoder'>;
}

async function openParts({ name }: Case): Promise<Parts> {
  const weights = await openCheckpoint(await openFileSource(golden.path(`${name}.vae.pt`)));
  open.push({ close: () => weights[0]!.close() });
  const find = <Kind extends Weights['architecture']['kind']>(kind: Kind): WeightsOf<Kind> =>
    weights.find((each): each is WeightsOf<Kind> => isKind(each, kind))!;
  return { encoder: find('discrete-vae-encoder'), decoder: find('discrete-vae-decoder') };
}

async function load(given: Case, options: PatchCoderOptions): Promise<DiscreteVae> {
  const vae = new DiscreteVae(await openParts(given), options);
  open.push({ close: () => vae.dispose() });
  return vae;
}

const pixelsOf = ({ name, shape }: Case): Pixels => ({
  data: golden.array(`${name}.pixels`).data as Float32Array,
  shape,
});

function tokensOf({ name }: Case): TokenGrid {
  const { data, shape } = golden.array(`${name}.tokens`);
  return { data: Int32Array.from(data), shape: shape as unknown as TokenGrid['shape'] };
}

/** Logits and the decoder's own result, then tokens and pixels by the class. */
async function checkCase(
  device: Device,
  given: Case,
  rewriting: Omit<PatchCoderOptions, 'device'> = {},
): Promise<void> {
  const { name, shape, errors } = given;
  const parts = await openParts(given);
  const exact = (key: string): ArrayLike<number> => golden.array(`${name}.${key}.f64`).data as Float64Array;
  {
    const { architecture } = parts.encoder;
    const tree = growTree(netTensors(parts.encoder));
    const trace = ({ x }: { x: Parameters<typeof normalise>[0] }) =>
      encoder(architecture, tree, normalise(x, architecture.channels));
    using plan = compile(device, trace, { x: shape }, rewriting);
    const logits = await plan.run({ x: pixelsOf(given).data });
    expectClose(logits, exact('logits'), 16 * errors.logits.maxError, { label: `${name} logits` });
  }
  {
    const { architecture } = parts.decoder;
    const tree = growTree(deriveTransposed(architecture, netTensors(parts.decoder)));
    const trace = ({ x }: { x: Parameters<typeof normalise>[0] }) => decoder(architecture, tree, x);
    using plan = compile(device, trace, { x: { shape: tokensOf(given).shape, dtype: 'i32' } }, rewriting);
    const maps = await plan.run({ x: tokensOf(given).data });
    expectClose(maps, exact('decoded'), 16 * errors.decoded.maxError, { label: `${name} decoded` });
  }
  const vae = await load(given, { device, ...rewriting });
  const tokens = await vae.encode(pixelsOf(given));
  const gaps = golden.array(`${name}.gap`).data;
  const wrong = [...tokens.data].filter((token, at) => {
    return token !== tokensOf(given).data[at] && !((gaps[at] as number) < 2 * 16 * errors.logits.maxError);
  });
  expect(wrong).toEqual([]);
  const { data, shape: made } = await vae.decode(tokensOf(given));
  expect(made).toEqual([shape[0], 3, shape[2], shape[3]]);
  const size = shape[2] * shape[3];
  const colours = Array.from(exact('decoded')).filter((_, at) => Math.floor(at / size) % shape[1] < 3);
  const inRange = Float64Array.from(colours, (value) => (Math.min(1, Math.max(-1, value)) + 1) / 2);
  expectClose(data, inRange, 8 * errors.decoded.maxError + 2 ** -24, { label: `${name} pixels` });
}

describe.each(cases)('$name equals PyTorch', (given) => {
  test('on WebGL', async () => checkCase(await openTestDevice(), given));
  test.each(cpuVariants)('on the CPU, $name', async ({ open: openDevice }) => checkCase(openDevice(), given));
});

test.each(deviceVariants)('on $name', async (variant) => checkCase(await openVariant(variant), cases[1]!));

test('without rewrite pack_conv2d', async () => {
  for (const device of [await openTestDevice(), openCpuTestDevice()]) {
    await checkCase(device, cases[1]!, { without: ['pack_conv2d'] });
  }
});

test('in halves nearly the same', async () => {
  const device = await openTestDevice();
  const [full, half] = [await load(cases[1]!, { device }), await load(cases[1]!, { device, precision: 'half' })];
  const [exact, rounded] = [await full.decode(tokensOf(cases[1]!)), await half.decode(tokensOf(cases[1]!))];
  const differences = exact.data.map((value, at) => Math.abs(value - rounded.data[at]!));
  expect(Math.max(...differences)).toBeLessThan(0.02);
  expect(Math.max(...differences)).toBeGreaterThan(0);
});

test('a net that knows opacity takes a picture without it as opaque', async () => {
  const given = cases.find(({ shape }) => shape[1] === 4)!;
  const vae = await load(given, { device: openCpuTestDevice() });
  const [batch, , height, width] = given.shape;
  const { data } = pixelsOf(given);
  const size = height * width;
  const opaque = data.map((value, at) => (Math.floor(at / size) % 4 === 3 ? 1 : value));
  const colours = data.filter((_, at) => Math.floor(at / size) % 4 < 3);
  const expected = await vae.encode({ data: opaque, shape: given.shape });
  expect(await vae.encode({ data: colours, shape: [batch, 3, height, width] })).toEqual(expected);
});

describe('in use', () => {
  test('says what it is, and makes one picture of a batch after the other', async () => {
    const given = cases[0]!;
    const vae = await load(given, { device: openCpuTestDevice() });
    expect([vae.patch, vae.channels, vae.vocabularies]).toEqual([4, 3, { encoder: 24, decoder: 24 }]);
    const { data, shape } = await vae.decode(tokensOf(given));
    const [batch, height, width] = tokensOf(given).shape;
    for (let picture = 0; picture < batch; picture++) {
      const tokens = tokensOf(given).data.slice(picture * height * width, (picture + 1) * height * width);
      const alone = await vae.decode({ data: tokens, shape: [1, height, width] });
      expect(alone.shape).toEqual([1, ...shape.slice(1)]);
      expect(alone.data).toEqual(data.slice(picture * alone.data.length, (picture + 1) * alone.data.length));
    }
  });

  test('says what is wrong', async () => {
    const given = cases[0]!;
    const device = openCpuTestDevice();
    const parts = await openParts(given);
    const vae = await load(given, { device });
    const pixels = (...shape: [number, number, number, number]): Pixels => ({
      data: new Float32Array(shape.reduce((a, b) => a * b)),
      shape,
    });
    await expect(vae.encode(pixels(1, 3, 10, 8))).rejects.toThrow(/H and W multiples of 4/);
    await expect(vae.encode(pixels(1, 4, 8, 8))).rejects.toThrow(/\[B, 3, H, W\]/);
    await expect(vae.decode({ data: Int32Array.of(24), shape: [1, 1, 1] })).rejects.toThrow(/24/);
    expect(() => new DiscreteVae({ encoder: parts.decoder }, { device })).toThrow(/the wrong way round/);
    const other = await openParts(cases[2]!);
    expect(() => new DiscreteVae({ encoder: parts.encoder, decoder: other.decoder }, { device })).toThrow(
      /a token of 4×4 pixels, and the decoder 2×2/,
    );
    const half = await load(given, { device });
    await half.dispose();
    await expect(half.decode(tokensOf(given))).rejects.toThrow(/disposed/);
    const encoding = new DiscreteVae({ encoder: parts.encoder }, { device });
    await expect(encoding.decode(tokensOf(given))).rejects.toThrow(/Decoding needs the decoder/);
    expect(() => vae.planFor('encode', [1, 3, 8])).toThrow(/shape must be/);
    expect(() => vae.planFor('draw' as 'encode', [1, 3, 8, 8])).toThrow(/no such work/);
  });
});
