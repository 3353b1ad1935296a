/** A VQGAN in use: what is refused and why, equal codes, batches, halves, and a kernel on the CPU for each step. */
import { afterEach, describe, expect, test } from 'vitest';
import type { Device } from '../../engine/index.ts';
import { openCpuTestDevice } from '../../test/helpers/cpu-device.ts';
import { openTestDevice } from '../../test/helpers/devices.ts';
import { loadVqganGolden } from '../../test/helpers/golden.ts';
import { openFileSource } from '../../weights-convert/node/file-source.ts';
import { openCheckpoint } from '../../weights-convert/open-weights.ts';
import { Dvae } from '../dvae/dvae.ts';
import type { TensorData, Weights } from '../weights.ts';
import { Vqgan, type VqganOptions } from './vqgan.ts';

const golden = loadVqganGolden();
const opened: { close(): Promise<void> }[] = [];
afterEach(() => Promise.all(opened.splice(0).map((one) => one.close())));

async function openParts(name: string): Promise<{ encoder: Weights; decoder: Weights }> {
  const [encoder, decoder] = await openCheckpoint(await openFileSource(golden.path(`${name}.ckpt`)));
  opened.push(encoder!);
  return { encoder: encoder!, decoder: decoder! };
}

interface Changes extends Partial<VqganOptions> {
  readonly name?: string;
  readonly parts?: (parts: { encoder: Weights; decoder: Weights }) => { encoder?: Weights; decoder?: Weights };
}

async function load({ name = 'two-levels', parts = (all) => all, ...options }: Changes = {}): Promise<Vqgan> {
  const vqgan = new Vqgan(parts(await openParts(name)), { device: openCpuTestDevice(), ...options });
  opened.push({ close: () => vqgan.dispose() });
  return vqgan;
}

/** Weights of which one tensor has other numbers. */
function change(weights: Weights, name: string, spoil: (values: Float32Array) => void): Weights {
  const tensor = weights.tensors.get(name)!;
  const read: TensorData['read'] = async () => {
    const values = await tensor.read();
    spoil(values);
    return values;
  };
  return { ...weights, tensors: new Map(weights.tensors).set(name, { shape: tensor.shape, dtype: 'F32', read }) };
}

const pixelsOf = (name: string): Float32Array => Float32Array.from(golden.array(`${name}.pixels`).data);
const PICTURE = [1, 3, 16, 16] as const;

describe('refused', () => {
  test.each([
    [{ data: new Float32Array(3 * 16 * 15), shape: [1, 3, 16, 15] }, /multiples of 2, got \[1, 3, 16, 15\]/],
    [{ data: new Float32Array(3 * 15 * 16), shape: [1, 3, 15, 16] }, /multiples of 2/],
    [{ data: new Float32Array(4 * 16 * 16), shape: [1, 4, 16, 16] }, /must be \[B, 3, H, W\]/],
  ] as const)('pixels of another shape %#', async ({ data, shape }, message) => {
    const vqgan = await load();
    await expect(vqgan.encode({ data, shape })).rejects.toMatchObject({
      code: 'E_SHAPE',
      message: expect.stringMatching(message),
    });
  });

  test('a side that is no multiple of four, where a token has 4×4 pixels', async () => {
    const vqgan = await load({ name: 'three-levels' });
    expect(vqgan.patch).toBe(4);
    const pixels = { data: new Float32Array(3 * 16 * 18), shape: [1, 3, 16, 18] as const };
    await expect(vqgan.encode(pixels)).rejects.toMatchObject({
      code: 'E_SHAPE',
      message: expect.stringContaining('of 4'),
    });
  });

  test('tokens beyond the codebook', async () => {
    const vqgan = await load();
    const decode = vqgan.decode({ data: Int32Array.of(0, 1, 2, 16), shape: [1, 2, 2] });
    await expect(decode).rejects.toMatchObject({ code: 'E_TOKEN', message: expect.stringContaining('0 … 15') });
  });

  test('work for which it has no half', async () => {
    const decoder = await load({ parts: ({ decoder }) => ({ decoder }) });
    await expect(decoder.encode({ data: pixelsOf('two-levels'), shape: PICTURE })).rejects.toMatchObject({
      code: 'E_PART_MISSING',
    });
    expect(() => decoder.planFor('encode', PICTURE)).toThrow(expect.objectContaining({ code: 'E_PART_MISSING' }));
    const encoder = await load({ parts: ({ encoder }) => ({ encoder }) });
    await expect(encoder.decode({ data: new Int32Array(4), shape: [1, 2, 2] })).rejects.toMatchObject({
      code: 'E_PART_MISSING',
    });
    await expect(encoder.reconstruct({ data: pixelsOf('two-levels'), shape: PICTURE })).rejects.toMatchObject({
      code: 'E_PART_MISSING',
    });
  });

  test('halves the wrong way round, and of two models', async () => {
    await expect(
      load({ parts: ({ encoder, decoder }) => ({ encoder: decoder, decoder: encoder }) }),
    ).rejects.toMatchObject({
      code: 'E_ARCHITECTURE',
      message: expect.stringContaining('wrong way round'),
    });
    const { decoder } = await openParts('three-levels');
    expect(() => new Dvae({ decoder: decoder as never }, { device: openCpuTestDevice() })).toThrow(
      /holds a vqgan-decoder\. .*loadPictureCoder opens/,
    );
    await expect(load({ parts: ({ encoder }) => ({ encoder, decoder }) })).rejects.toMatchObject({
      code: 'E_ARCHITECTURE',
      message: expect.stringContaining('4×4'),
    });
  });

  test('what a grid is too large for', async () => {
    const vqgan = await load();
    const strip = { data: new Int32Array(1), shape: [1, 1, 1e9] as const };
    await expect(vqgan.decode(strip)).rejects.toMatchObject({ code: 'E_SHAPE' });
  });

  test('a picture in which too many pixels would look at all others', async () => {
    const vqgan = await load();
    const tooMany = { code: 'E_SHAPE', message: expect.stringContaining('a map of 129 × 128') };
    expect(() => vqgan.planFor('decode', [1, 129, 128])).toThrow(expect.objectContaining(tooMany));
    expect(() => vqgan.planFor('encode', [1, 3, 258, 256])).toThrow(expect.objectContaining(tooMany));
    await expect(vqgan.decode({ data: new Int32Array(129 * 128), shape: [1, 129, 128] })).rejects.toMatchObject(
      tooMany,
    );
  });

  test('weights and pixels that are no numbers', async () => {
    const broken = await load({
      parts: ({ encoder, decoder }) => ({
        encoder: change(encoder, 'encoder.mid.block_1.conv1.weight', (values) => values.fill(NaN, 0, 1)),
        decoder: change(decoder, 'decoder.conv_out.bias', (values) => values.fill(NaN)),
      }),
    });
    await expect(broken.encode({ data: pixelsOf('two-levels'), shape: PICTURE })).rejects.toMatchObject({
      code: 'E_NOT_FINITE',
    });
    await expect(broken.decode({ data: new Int32Array(4), shape: [1, 2, 2] })).rejects.toMatchObject({
      code: 'E_NOT_FINITE',
    });
  });

  test('anything after dispose', async () => {
    const vqgan = await load();
    const working = vqgan.encode({ data: pixelsOf('two-levels'), shape: PICTURE });
    await vqgan.dispose();
    expect((await working).shape).toEqual([1, 8, 8]);
    await expect(vqgan.decode({ data: new Int32Array(4), shape: [1, 2, 2] })).rejects.toMatchObject({
      code: 'E_DISPOSED',
    });
  });
});

/** Of 64 codes, more than one chunk of an arg-max, each stands in the codebook four times. */
test.each(['WebGL', 'CPU'])('of equal codes the first is taken, on %s', async (kind) => {
  const device: Device = kind === 'CPU' ? openCpuTestDevice() : await openTestDevice();
  const { encoder } = await openParts('two-levels');
  const [rows, width] = [64, 4];
  const repeated: TensorData = {
    shape: [rows, width],
    dtype: 'F32',
    read: async () => {
      const codebook = await encoder.tensors.get('quantize.embedding.weight')!.read();
      return Float32Array.from({ length: rows * width }, (_, at) => codebook[at % codebook.length]!);
    },
  };
  const tensors = new Map(encoder.tensors).set('quantize.embedding.weight', repeated);
  const architecture = { ...encoder.architecture, n_embed: rows } as Weights['architecture'];
  const vqgan = await load({ device, parts: () => ({ encoder: { ...encoder, tensors, architecture } }) });
  const { data } = await vqgan.encode({ data: pixelsOf('two-levels'), shape: PICTURE });
  expect([...data]).toEqual([...golden.array('two-levels.tokens').data]);
});

test('pictures of a batch are computed one by one, and alike', async () => {
  const vqgan = await load({ name: 'three-levels' });
  const shape = [2, 3, 24, 16] as const;
  const data = pixelsOf('three-levels');
  const seen: number[] = [];
  const both = await vqgan.encode({ data, shape }, { onProgress: ({ done, total }) => seen.push(done / total) });
  const alone = await vqgan.encode({ data: data.subarray(data.length / 2), shape: [1, 3, 24, 16] });
  expect(both.data.subarray(both.data.length / 2)).toEqual(alone.data);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  // The CPU does not say every step.
  expect(seen.at(-1)).toBeGreaterThanOrEqual(0.5);
  expect(seen.at(-1)).toBeLessThanOrEqual(1);
  const { tokens, pixels } = await vqgan.reconstruct({ data, shape });
  expect(tokens.data).toEqual(both.data);
  expect(pixels.shape).toEqual(shape);
  expect(pixels.data.every((value) => value >= 0 && value <= 1)).toBe(true);
});

test('says what it knows', async () => {
  const vqgan = await load();
  expect(vqgan).toMatchObject({ patch: 2, channels: 3, precision: 'full', isDisposed: false });
  expect(vqgan.vocabularies).toEqual({ encoder: 16, decoder: 16 });
  await vqgan.dispose();
  expect(vqgan.isDisposed).toBe(true);
});

test('the CPU has a kernel for each step', async () => {
  for (const name of ['two-levels', 'gumbel']) {
    const vqgan = await load({ name });
    for (const plan of [vqgan.planFor('encode', PICTURE), vqgan.planFor('decode', [1, 8, 8])]) {
      await plan.prepare();
      expect(plan.explain()).toMatch(/\d+ steps, 0 of them by a plain loop/);
    }
  }
});

test.each(['WebGL', 'CPU'])('in halves it draws nearly the same, on %s', async (kind) => {
  const device: Device = kind === 'CPU' ? openCpuTestDevice() : await openTestDevice();
  const vqgan = await load({ device, precision: 'half' });
  const tokens = Int32Array.from(golden.array('two-levels.tokens').data);
  const { data } = await vqgan.decode({ data: tokens, shape: [1, 8, 8] });
  const maps = golden.array('two-levels.decoded.f64').data;
  const errors = Array.from(data, (value, at) => Math.abs(value - (Math.min(1, Math.max(-1, maps[at]!)) + 1) / 2));
  expect(Math.max(...errors)).toBeLessThan(0.05);
  expect(Math.max(...errors)).toBeGreaterThan(1e-5); // else nothing was rounded
  const encoded = await vqgan.encode({ data: pixelsOf('two-levels'), shape: PICTURE });
  const different = [...encoded.data].filter((token, at) => token !== tokens[at]);
  expect(different.length).toBeLessThanOrEqual(3);
});
