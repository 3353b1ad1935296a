/**
 * Whole files of DALLE-pytorch's training against its own classes (test/golden/make_dalle_pytorch.py): of version 0.14
 * and 1.6, over VQGANs of both quantisers and over its own DiscreteVAE. One file gives transformer, encoder and
 * decoder.
 */
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import type { CpuDevice, WebGLDevice } from '../../engine/index.ts';
import { createPictureCoder } from '../../load/picture-coder.ts';
import { expectClose } from '../../test/helpers/close.ts';
import { openCpuTestDevice } from '../../test/helpers/cpu-device.ts';
import { openTestDevice } from '../../test/helpers/devices.ts';
import { loadGolden, type GoldenError, type GoldenProvenance } from '../../test/helpers/golden.ts';
import { openFileSource } from '../../weights-convert/node/file-source.ts';
import { openCheckpoint } from '../../weights-convert/open-weights.ts';
import { partOf } from '../net-kinds.ts';
import type { TokenGrid } from '../picture-coder.ts';
import { Transformer } from '../transformer/transformer.ts';
import { isKind, type Weights } from '../weights.ts';

interface Case {
  readonly name: string;
  readonly vae: 'vector' | 'gumbel' | 'own';
  readonly errors: { readonly imageLogits: GoldenError; readonly decoded: GoldenError };
}

const folder = fileURLToPath(new URL('../../test/golden/dalle-pytorch', import.meta.url));
const golden = loadGolden<GoldenProvenance & { readonly cases: readonly Case[] }>(folder);

const open: { close(): Promise<void> }[] = [];
afterEach(() => Promise.all(open.splice(0).map((opened) => opened.close())));

async function openParts({ name }: Case): Promise<ReadonlyMap<string, Weights>> {
  const weights = await openCheckpoint(await openFileSource(golden.path(`${name}.dalle.pt`)));
  open.push({ close: () => weights[0]!.close() });
  return new Map(weights.map((each) => [partOf(each.architecture), each]));
}

const whole = (name: string, key: string): Int32Array => Int32Array.from(golden.array(`${name}.${key}`).data);

const devices: readonly { name: string; open(): Promise<WebGLDevice | CpuDevice> }[] = [
  { name: 'WebGL', open: openTestDevice },
  { name: 'the CPU', open: async () => openCpuTestDevice() },
];

describe.each(golden.record.cases)('$name', (given) => {
  const { name, vae, errors } = given;

  test('gives all three parts, and says what is left', async () => {
    const parts = await openParts(given);
    const coder = vae === 'own' ? 'discrete-vae' : 'vqgan';
    expect([...parts].map(([part, { architecture, family }]) => [part, architecture.kind, family]).sort()).toEqual([
      ['decoder', `${coder}-decoder`, vae === 'own' ? 'dalle-pytorch' : 'taming'],
      ['encoder', `${coder}-encoder`, vae === 'own' ? 'dalle-pytorch' : 'taming'],
      ['transformer', 'transformer', 'dalle-pytorch'],
    ]);
    expect(parts.get('transformer')!.architecture).toMatchObject({
      grid: [4, 4],
      image_vocab: vae === 'own' ? 21 : 19,
    });
    const reasons = [...parts.values()].flatMap(({ leftOut = [] }) => leftOut.map(({ reason }) => reason));
    const isLoss = (reason: string): boolean => /loss|discriminator/.test(reason);
    expect(reasons.some(isLoss)).toBe(vae !== 'own');
  });

  test.each(devices)('equals PyTorch on $name', async ({ open: openDevice }) => {
    const device = await openDevice();
    const parts = await openParts(given);
    const weights = parts.get('transformer')!;
    if (!isKind(weights, 'transformer')) throw new Error('another net');
    const transformer = new Transformer(weights, { device });
    open.push({ close: () => transformer.dispose() });
    const logits = await transformer.imageLogits(whole(name, 'text'), whole(name, 'image'));
    const expected = golden.array(`${name}.imageLogits.f64`).data;
    expectClose(logits, expected, 16 * errors.imageLogits.maxError, { label: `${name} logits` });
    const coder = createPictureCoder({ encoder: parts.get('encoder'), decoder: parts.get('decoder') } as object, {
      device,
    });
    open.push({ close: () => coder.dispose() });
    const image: TokenGrid = { data: whole(name, 'image'), shape: [2, 4, 4] };
    const pixels = await coder.decode(image);
    const decoded = golden.array(`${name}.decoded.f64`).data;
    expectClose(pixels.data, decoded, 16 * errors.decoded.maxError, { label: `${name} pixels` });
    const { data, shape } = golden.array(`${name}.pixels`);
    const tokens = await coder.encode({ data: data as Float32Array, shape: [2, 3, shape[2]!, shape[3]!] });
    expect(tokens.data).toEqual(whole(name, 'tokens'));
  });
});
