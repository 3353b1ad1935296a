/**
 * The trained emoji model in half precision against PyTorch's float64, as docs/measurements.md states it.
 * The official net is wider, so that most of its convolutions go by Winograd's F(4×4): one case has them all go so.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { fromPixels, toPixels } from '../../images/tensor.ts';
import { psnr } from '../../images/psnr.ts';
import { decodePng } from '../../images/node/png.ts';
import { standardRules } from '../../ops/index.ts';
import { winogradRule } from '../../ops/rewrite/winograd.ts';
import { winograd4 } from '../../ops/winograd/matrices.ts';
import { openTestDevice } from '../../test/helpers/devices.ts';
import { loadPictureGolden } from '../../test/helpers/golden.ts';
import { openFileSource } from '../../weights-convert/node/file-source.ts';
import { openWeights } from '../../weights-convert/open-weights.ts';
import { Dvae } from './dvae.ts';
import type { DvaeOptions } from './dvae.ts';
import type { Pixels } from '../picture-coder.ts';

const golden = loadPictureGolden();
const opened: Dvae[] = [];
afterAll(() => Promise.all(opened.map((dvae) => dvae.dispose())));

async function load(options: Omit<DvaeOptions, 'device'>): Promise<Dvae> {
  const openPart = async (part: string): ReturnType<typeof openWeights> => {
    const path = fileURLToPath(new URL(`../../test/data/emoji-dvae/${part}.pkl`, import.meta.url));
    return openWeights(await openFileSource(path));
  };
  const parts = { encoder: await openPart('encoder'), decoder: await openPart('decoder') };
  const dvae = new Dvae(parts, { device: await openTestDevice(), ...options });
  opened.push(dvae);
  return dvae;
}

const byWinograd = [
  ...standardRules.filter(({ name }) => !name.startsWith('winograd')),
  winogradRule('winograd', winograd4, { channels: 1, pixels: 1, transformed: Infinity }),
];
const findCase = (name: string): (typeof golden.record.cases)[number] =>
  golden.record.cases.find((given) => given.name === name)!;
const ways = [
  { ...findCase('emoji-128'), way: 'standard rules', rules: standardRules },
  { ...findCase('astronaut-256'), way: 'all F(4, 3)', rules: byWinograd },
];

test.each(ways)('$name, $way: nearly all tokens, the same picture', async ({ name, shape, rules }) => {
  const dvae = await load({ rules, precision: 'half' });
  const picture = decodePng(readFileSync(golden.path(`${name}.input.png`)));
  const pixels: Pixels = { data: toPixels(picture), shape };
  const tokens = await dvae.encode(pixels);
  const expected = Int32Array.from(golden.array(`${name}.tokens.f64`).data);
  // At least 99.5 %; where one differs, the two best of float64's logits, which reach 320 here, are within 0.6.
  const gaps = golden.array(`${name}.gap`).data;
  const different = [...expected.keys()].filter((i) => expected[i] !== tokens.data[i]);
  expect(different.length).toBeLessThanOrEqual(expected.length * 0.005);
  expect(different.filter((i) => !(gaps[i]! < 0.6))).toEqual([]);
  // Pixels of the same tokens are held to what full precision is held to.
  const reference = decodePng(readFileSync(golden.path(`${name}.reconstruction.png`)));
  const decoded = await dvae.decode({ data: expected, shape: tokens.shape });
  const differences = Array.from(fromPixels(decoded.data, decoded.shape)[0]!.data, (value, i) => {
    return Math.abs(value - reference.data[i]!);
  });
  expect(Math.max(...new Set(differences))).toBeLessThanOrEqual(2);
  expect(differences.reduce((sum, value) => sum + value, 0) / differences.length).toBeLessThanOrEqual(0.05);
  // The reconstruction is as good, be a token another.
  const { data, shape: size } = await dvae.decode(tokens);
  const loss = psnr(picture, reference) - psnr(picture, fromPixels(data, size)[0]!);
  expect(Math.abs(loss)).toBeLessThanOrEqual(0.02); // dB
});

test('a plan says its precision, and half takes less', async () => {
  const [full, half] = await Promise.all([load({ precision: 'full' }), load({ precision: 'half' })]);
  const [fullPlan, halfPlan] = [full, half].map((dvae) => dvae.planFor('encode', [1, 3, 64, 64]));
  expect(fullPlan!.explain()).toContain('precision: full');
  expect(halfPlan!.explain()).toMatch(/precision: half in \d+ of \d+ textures, sums in fp32/);
  expect(halfPlan!.draws!.constantBytes).toBeLessThan(0.55 * fullPlan!.draws!.constantBytes);
  // Not half: the pool is fused into the convolution before it in full precision only (ops/rewrite/pool-on-write.ts).
  expect(halfPlan!.draws!.peakBytes).toBeLessThan(0.8 * fullPlan!.draws!.peakBytes);
});

test('logits and tokens agree, and pixels that are no numbers give none', async () => {
  const dvae = await load({ precision: 'half' });
  const pixels: Pixels = { data: new Float32Array(3 * 16 * 16).fill(0.3), shape: [1, 3, 16, 16] };
  const [tokens, logits] = [await dvae.encode(pixels), await dvae.encodeLogits(pixels)];
  tokens.data.forEach((token, position) => {
    const scores = logits.data.filter((_, i) => i % 4 === position);
    expect(scores.indexOf(Math.max(...scores))).toBe(token);
  });
  pixels.data[5] = NaN;
  await expect(dvae.encode(pixels)).rejects.toMatchObject({ code: 'E_NOT_FINITE' });
});

test('another word is refused', async () => {
  const device = await openTestDevice();
  const create = (): Dvae => new Dvae({}, { device, precision: 'double' as 'half' });
  expect(create).toThrow(/precision is full or half, got a text/);
});
