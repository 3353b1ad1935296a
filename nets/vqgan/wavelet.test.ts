/**
 * ru-dalle's decoder for pictures twice as large, against its own classes (test/golden/make_rudalle_vae.py); and its
 * files, whole and broken.
 */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../base/node/package-files.ts';
import { referenceDevice, type Device } from '../../engine/index.ts';
import { expectClose } from '../../test/helpers/close.ts';
import { openCpuTestDevice } from '../../test/helpers/cpu-device.ts';
import { openTestDevice } from '../../test/helpers/devices.ts';
import { loadGolden, type GoldenError, type GoldenProvenance } from '../../test/helpers/golden.ts';
import { readNumbers, writeLightning, type Numbers } from '../../test/helpers/rewritten-checkpoint.ts';
import { openCheckpoint, openWeights } from '../../weights-convert/open-weights.ts';
import { openFileSource } from '../../weights-convert/node/file-source.ts';
import { sourceFromBytes } from '../../weights-convert/byte-source.ts';
import { writeCheckpoint } from '../../weights-convert/write-checkpoint.ts';
import type { TokenGrid } from '../picture-coder.ts';
import type { Weights } from '../weights.ts';
import { describeVqgan, patchOf, readVqgan, type VqganDecoderArchitecture } from './architecture.ts';
import { expectedVqganTensors } from './tensors.ts';
import { Vqgan } from './vqgan.ts';

interface WaveletRecord extends GoldenProvenance {
  readonly errors: { readonly decoded: GoldenError };
}

const golden = loadGolden<WaveletRecord>(join(packageRoot, 'test', 'golden', 'rudalle-vae'));
const file = golden.path('dwt.ckpt');
const tokens: TokenGrid = { data: Int32Array.from(golden.array('tokens').data), shape: [2, 4, 3] };
const openFile = async (): Promise<Weights> => openWeights(await openFileSource(file));

const SMALL: VqganDecoderArchitecture = {
  kind: 'vqgan-decoder',
  ch: 32,
  ch_mult: [1, 2],
  num_res_blocks: 1,
  attn_levels: [1],
  z_channels: 4,
  embed_dim: 4,
  n_embed: 16,
  quantiser: 'gumbel',
  epsilon: 1e-6,
  pixel_range: [-1, 1],
  out_ch: 3,
  wavelet: 'haar',
};

describe('decodes as the original class', () => {
  const maps = Float64Array.from(golden.array('decoded.f64').data);
  const expected = maps.map((value) => (Math.min(1, Math.max(-1, value)) + 1) / 2);

  test.each<[string, () => Device | Promise<Device>]>([
    ['WebGL', openTestDevice],
    ['the CPU device', openCpuTestDevice],
    ['the reference', () => referenceDevice],
  ])('on %s', async (_, openDevice) => {
    const decoder = await openFile();
    const vqgan = new Vqgan({ decoder }, { device: await openDevice() });
    expect(vqgan.patch).toBe(4);
    const { data, shape } = await vqgan.decode(tokens);
    expect(shape).toEqual([2, 3, 16, 12]);
    expectClose(data, expected, 8 * golden.record.errors.decoded.maxError, { label: 'pixels' });
    await vqgan.dispose();
  });
});

describe('its file', () => {
  test('gives the decoder, and says why not the rest', async () => {
    const weights = await openFile();
    expect(weights.architecture).toEqual(SMALL);
    expect([...weights.tensors.keys()]).toEqual([...expectedVqganTensors(SMALL).keys()]);
    const reasons = weights.leftOut!.map(({ reason, tensors }) => [reason.split(/[,:]/)[0], tensors]);
    expect(reasons).toEqual([
      ['the encoder', expect.any(Number)],
      ['a product that ru-dalle saves and does not compute with', 2],
    ]);
    await weights.close();
  });

  test('is written so that it is read as the same', async () => {
    const weights = await openFile();
    const blocks: Uint8Array[] = [];
    for await (const block of writeCheckpoint(weights)) blocks.push(block);
    const [again, ...others] = await openCheckpoint(sourceFromBytes(Buffer.concat(blocks), 'again.pt'));
    expect(others).toEqual([]);
    expect(again!.architecture).toEqual(SMALL);
    await weights.close();
  });

  const numbers = (...shape: number[]): Numbers => ({
    shape,
    values: new Float32Array(shape.reduce((a, b) => a * b, 1)),
  });
  test.each<[string, string, Numbers | undefined, string, RegExp]>([
    [
      'a filter of zeros',
      'model.decoder.idwt.g0_row',
      numbers(1, 1, 1, 2),
      'E_ARCHITECTURE',
      /g0_row is not that of Haar's/,
    ],
    ['a filter too long', 'model.decoder.idwt.g1_col', numbers(1, 1, 4, 1), 'E_KEYS_SHAPE', /g1_col.*\[1, 1, 4, 1\]/],
    ['a filter missing', 'model.decoder.idwt.g1_row', undefined, 'E_KEYS_MISSING', /wavelet haar.*g1_row/],
    [
      'too few bands',
      'model.decoder.decoder.conv_out.bias',
      numbers(3),
      'E_KEYS_SHAPE',
      /conv_out\.bias.*\[12\].*\[3\]/,
    ],
    ['no codebook', 'model.quantize.embed.weight', undefined, 'E_ARCHITECTURE', /n_embed/],
    ['a tensor more', 'model.decoder.decoder.extra', numbers(3), 'E_KEYS_EXTRA', /decoder\.extra/],
    [
      'bands that are no colours',
      'model.decoder.decoder.conv_out.weight',
      numbers(10, 32, 3, 3),
      'E_ARCHITECTURE',
      /out_ch/,
    ],
  ])('with %s is refused', async (_, name, value, code, message) => {
    const all = await readNumbers(file);
    expect(all.has(name) || name.endsWith('extra')).toBe(true);
    if (value) all.set(name, value);
    else all.delete(name);
    const opening = openCheckpoint(sourceFromBytes(await writeLightning(all), 'dwt.ckpt'));
    await expect(opening).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

describe('the field', () => {
  test('is read, told and counted', () => {
    expect(readVqgan('vqgan-decoder', new Map(Object.entries(SMALL)))).toEqual(SMALL);
    expect(describeVqgan(SMALL)).toMatch(/wavelet haar\)$/);
    expect(patchOf(SMALL)).toBe(4);
    // ru-dalle's own: 174 tensors under `decoder` and the codebook.
    const published = { ...SMALL, ch: 128, ch_mult: [1, 1, 2, 4], num_res_blocks: 2, attn_levels: [3], n_embed: 8192 };
    const tensors = expectedVqganTensors({ ...published, z_channels: 256, embed_dim: 256 });
    const count = [...tensors.values()].reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);
    expect([tensors.size, count]).toEqual([175, 38_392_332 + 8 + 8192 * 256]);
  });

  test.each([['db2'], [true], [null]])('is not %o', (wavelet) => {
    const reading = (): unknown =>
      readVqgan('vqgan-decoder', new Map<string, unknown>(Object.entries({ ...SMALL, wavelet })));
    expect(reading).toThrow(expect.objectContaining({ code: 'E_ARCHITECTURE' }));
  });
});
