/**
 * The nets against PyTorch, from its own pickles: small random nets in both containers (one with channels-last
 * weights, one with slices of a single storage) and the trained emoji model. Bounds: design section 5, restated here.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { standardRules } from '../../ops/index.ts';
import type { RewriteOptions } from '../../ops/index.ts';
import { tilingRule } from '../../ops/rewrite/tile-large-maps.ts';
import { winogradRule } from '../../ops/rewrite/winograd.ts';
import { winograd4 } from '../../ops/winograd/matrices.ts';
import type { WebGLDevice } from '../../engine/index.ts';
import { expectClose } from '../../test/helpers/close.ts';
import { blockVariants, deviceVariants, openTestDevice, openVariant } from '../../test/helpers/devices.ts';
import { loadNetGolden, loadPictureGolden } from '../../test/helpers/golden.ts';
import { fromPixels, toPixels } from '../../images/tensor.ts';
import { decodePng } from '../../images/node/png.ts';
import { openWeights } from '../../weights-convert/open-weights.ts';
import { openFileSource } from '../../weights-convert/node/file-source.ts';
import { Dvae } from './dvae.ts';
import type { Pixels, TokenGrid } from '../picture-coder.ts';

const open: Dvae[] = [];
afterEach(() => Promise.all(open.splice(0).map((dvae) => dvae.dispose())));

async function load(
  device: WebGLDevice,
  encoder: string,
  decoder: string,
  rewriting: RewriteOptions = {},
): Promise<Dvae> {
  const parts = {
    encoder: await openWeights(await openFileSource(encoder)),
    decoder: await openWeights(await openFileSource(decoder)),
  };
  const dvae = new Dvae(parts, { device, ...rewriting });
  open.push(dvae);
  return dvae;
}

/** Ours may be 16 times as far from float64 as PyTorch's fp32 is; tokens may differ only within twice that. */
function expectTokens(actual: TokenGrid, expected: ArrayLike<number>, gaps: ArrayLike<number>, maxError: number): void {
  const wrong = [...actual.data].filter((token, i) => token !== expected[i] && gaps[i]! >= 2 * 16 * maxError);
  const different = [...actual.data].filter((token, i) => token !== expected[i]);
  expect(wrong).toEqual([]);
  expect(different.length).toBeLessThanOrEqual(Math.max(1, actual.data.length / 1000));
}

/** Difference of the two best logits at every position, [B, V, h, w] → [B, h, w]. */
function findGaps(logits: ArrayLike<number>, [batch, vocabulary, height, width]: readonly number[]): Float64Array {
  const positions = height! * width!;
  return Float64Array.from({ length: batch! * positions }, (_, index) => {
    const start = Math.floor(index / positions) * vocabulary! * positions + (index % positions);
    const scores = Array.from({ length: vocabulary! }, (_, v) => logits[start + v * positions]!).sort((a, b) => b - a);
    return scores[0]! - scores[1]!;
  });
}

describe.each(['hidden-4', 'hidden-8', 'hidden-12'] as const)('small net %s equals PyTorch', (name) => {
  const golden = loadNetGolden(name);
  for (const checkpoint of golden.record.checkpoints) {
    test(`${checkpoint.container}, ${checkpoint.layout}`, async () => {
      const device = await openTestDevice();
      const dvae = await load(device, golden.path(checkpoint.encoder), golden.path(checkpoint.decoder));
      for (const given of golden.record.cases) await checkCase(dvae, golden, given);
    });
  }

  test.each(deviceVariants)('on $name', async (variant) => {
    const [checkpoint] = golden.record.checkpoints;
    const device = await openVariant(variant);
    const dvae = await load(device, golden.path(checkpoint!.encoder), golden.path(checkpoint!.decoder));
    await checkCase(dvae, golden, golden.record.cases[0]!);
  });

  test.each(name === 'hidden-4' ? blockVariants : [])('on $name', async (variant) => {
    const [checkpoint] = golden.record.checkpoints;
    const device = await openVariant(variant);
    const dvae = await load(device, golden.path(checkpoint!.encoder), golden.path(checkpoint!.decoder));
    await checkCase(dvae, golden, golden.record.cases[0]!);
  });

  // The small nets are below the limits of the standard rules, and one net's shaders take seconds to compile.
  test.each(name === 'hidden-12' ? ['R=8', 'R=8 in blocks'] : [])(
    'with every 3×3 convolution by F(4, 3), %s',
    async (on) => {
      const [checkpoint] = golden.record.checkpoints;
      const rule = winogradRule('winograd', winograd4, { channels: 1, pixels: 1, transformed: Infinity });
      const rules = [...standardRules, rule];
      const device = await openVariant(deviceVariants.find(({ name }) => name === on)!);
      const dvae = await load(device, golden.path(checkpoint!.encoder), golden.path(checkpoint!.decoder), { rules });
      await checkCase(dvae, golden, golden.record.cases[0]!);
    },
  );

  test.each(standardRules)('without rewrite $name', async (rule) => {
    const [checkpoint] = golden.record.checkpoints;
    const device = await openTestDevice();
    const dvae = await load(device, golden.path(checkpoint!.encoder), golden.path(checkpoint!.decoder), {
      without: [rule.name],
    });
    await checkCase(dvae, golden, golden.record.cases[0]!);
  });
});

type NetGolden = ReturnType<typeof loadNetGolden>;

async function checkCase(dvae: Dvae, golden: NetGolden, given: NetGolden['record']['cases'][number]): Promise<void> {
  const { name, shape, errors } = given;
  const pixels: Pixels = { data: Float32Array.from(golden.array(`${name}.pixels`).data), shape };
  const logits = await dvae.encodeLogits(pixels);
  const expectedLogits = golden.array(`${name}.logits.f64`);
  expectClose(logits.data, expectedLogits.data, 16 * errors.logits.maxError, {
    label: `${name} logits`,
    shape: logits.shape,
  });
  const expectedTokens = golden.array(`${name}.tokens.f64`).data;
  const gaps = findGaps(expectedLogits.data, logits.shape);
  expectTokens(await dvae.encode(pixels), expectedTokens, gaps, errors.logits.maxError);
  await checkDecoder(dvae, golden, given, Int32Array.from(expectedTokens));
}

/** The decoder's raw maps, which `decode` turns into pixels, and a soft distribution where the golden has one. */
async function checkDecoder(
  dvae: Dvae,
  golden: NetGolden,
  { name, shape, errors, soft }: NetGolden['record']['cases'][number],
  tokens: Int32Array,
): Promise<void> {
  const [batch, , height, width] = shape;
  const grid = [batch, height / 8, width / 8] as const;
  const vocabulary = golden.record.architecture.vocab_size;
  const maps = await dvae.decodeStatistics({ data: tokens, shape: grid });
  const expected = golden.array(`${name}.decoded.f64`).data;
  expectClose(maps.data, expected, 16 * errors.decoded.maxError, { label: `${name} decoded`, shape: maps.shape });
  if (!soft) return;
  const distribution = Float32Array.from(golden.array(`${name}.soft`).data);
  const softMaps = await dvae.decodeStatistics({
    data: distribution,
    shape: [batch, vocabulary, height / 8, width / 8],
  });
  const softExpected = golden.array(`${name}.softDecoded.f64`).data;
  expectClose(softMaps.data, softExpected, 16 * errors.softDecoded!.maxError, { label: `${name} soft` });
}

describe('the trained emoji model equals PyTorch', () => {
  const golden = loadPictureGolden();
  const byTiles = [
    tilingRule({ tile: 64 * 96 * 96, held: 3e5 }), // the decoder's last tiles go on through the group before
    ...standardRules.filter((r) => r.name !== 'tile_large_maps'),
  ];
  const pickle = (part: string): string =>
    fileURLToPath(new URL(`../../test/data/emoji-dvae/${part}.pkl`, import.meta.url));
  const cases = golden.record.cases.map((given) => ({ ...given, way: 'whole', rules: standardRules }));
  const small = golden.record.cases.filter(({ name }) => name === 'emoji-128');
  for (const { name, shape, errors, way, rules } of [
    ...cases,
    ...small.map((given) => ({ ...given, way: 'by tiles', rules: byTiles })),
  ]) {
    test(`${name}, ${way}`, async () => {
      const dvae = await load(await openTestDevice(), pickle('encoder'), pickle('decoder'), { rules });
      const pixels: Pixels = { data: toPixels(decodePng(readFileSync(golden.path(`${name}.input.png`)))), shape };
      const tokens = await dvae.encode(pixels);
      const expected = golden.array(`${name}.tokens.f64`).data;
      expectTokens(tokens, expected, golden.array(`${name}.gap`).data, errors.logits.maxError);
      // Pixels are compared decoding the reference's tokens: within 2 of 255 everywhere, 0.05 on average.
      const decoded = await dvae.decode({ data: Int32Array.from(expected), shape: tokens.shape });
      const [picture] = fromPixels(decoded.data, decoded.shape);
      const reference = decodePng(readFileSync(golden.path(`${name}.reconstruction.png`)));
      const differences = Array.from(picture!.data, (value, i) => Math.abs(value - reference.data[i]!));
      expect(Math.max(...new Set(differences))).toBeLessThanOrEqual(2);
      expect(differences.reduce((sum, value) => sum + value, 0) / differences.length).toBeLessThanOrEqual(0.05);
    });
  }
});

describe('a dVAE in use', () => {
  const golden = loadNetGolden('hidden-8');
  const { name, shape } = golden.record.cases[0]!;
  const data = Float32Array.from(golden.array(`${name}.pixels`).data);
  const loadSmall = async (): Promise<Dvae> => {
    const [{ encoder, decoder } = { encoder: '', decoder: '' }] = golden.record.checkpoints;
    return load(await openTestDevice(), golden.path(encoder), golden.path(decoder));
  };

  test('pixels that are no numbers give no tokens', async () => {
    const dvae = await loadSmall();
    await expect(dvae.encode({ data: data.map(() => NaN), shape })).rejects.toMatchObject({ code: 'E_NOT_FINITE' });
  });

  test('calls for several sizes may overlap', async () => {
    const dvae = await loadSmall();
    const small: Pixels = { data: new Float32Array(3 * 8 * 16), shape: [1, 3, 8, 16] };
    const alone = await dvae.encode({ data, shape });
    const [again, other] = await Promise.all([dvae.encode({ data, shape }), dvae.encode(small)]);
    expect(again).toEqual(alone);
    expect(other.shape).toEqual([1, 1, 2]);
  });

  test('work under way is finished when it is disposed; later calls are refused', async () => {
    const dvae = await loadSmall();
    const working = dvae.encode({ data, shape });
    await dvae.dispose();
    expect((await working).shape).toEqual([shape[0], shape[2] / 8, shape[3] / 8]);
    await expect(dvae.encode({ data, shape })).rejects.toMatchObject({ code: 'E_DISPOSED' });
  });
});
