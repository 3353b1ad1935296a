/** The dVAE as the peers build it gives what our encoder and decoder give by their float64 loops, at a tiny size. */
import { describe, expect, test } from 'vitest';
import type { DvaeArchitecture } from '../../nets/dvae/architecture.ts';
import { OFFICIAL_DECODER, OFFICIAL_ENCODER } from '../../nets/dvae/architecture.ts';
import { Dvae } from '../../nets/dvae/dvae.ts';
import { referenceDevice } from '../../engine/index.ts';
import type { Weights } from '../../nets/weights.ts';
import { makeWeights } from '../generated-weights.ts';
import { makePicture } from './net.ts';
import type { Half, Net } from './net.ts';
import { createOnnxNet } from './onnx-net.ts';
import { openOnnxNode, openOnnxWeb } from './onnx-runtimes.ts';
import { nameBlas, startPytorch } from './pytorch-process.ts';
import { createPytorchNet } from './pytorch.ts';

const small = { n_hid: 8, vocab_size: 40, n_blk_per_group: 1 };
const architectures = {
  encode: { ...OFFICIAL_ENCODER, ...small },
  decode: { ...OFFICIAL_DECODER, ...small, n_init: 8 },
} as const;
const picture = makePicture(16, small.vocab_size);

const canStart = async (start: () => Promise<unknown>): Promise<boolean> =>
  start().then(
    () => true,
    () => false,
  );
const hasNode = await canStart(() => openOnnxNode(1));
const hasPytorch = await canStart(async () => (await startPytorch(1)).stop());

type Open = (half: Half, weights: Weights<DvaeArchitecture>) => Promise<Net>;
const peers: [name: string, isThere: boolean, open: Open][] = [
  ['onnxruntime-web', true, async (half, weights) => createOnnxNet(await openOnnxWeb(1), half, picture, weights)],
  ['onnxruntime-node', hasNode, async (half, weights) => createOnnxNet(await openOnnxNode(1), half, picture, weights)],
  ['PyTorch', hasPytorch, (half, weights) => createPytorchNet(1, half, picture, weights)],
];

describe.each(peers)('%s', (_, isThere, open) => {
  test.runIf(isThere)('encodes to the same tokens', async () => {
    const weights = makeWeights(architectures.encode);
    const dvae = new Dvae({ encoder: weights }, { device: referenceDevice });
    const wanted = await dvae.encode({ data: picture.pixels, shape: [1, 3, 16, 16] });
    expect([...(await answerOf(await open('encode', weights)))]).toEqual([...wanted.data]);
    expect(new Set(wanted.data).size).toBeGreaterThan(1);
  });

  test.runIf(isThere)('decodes to the same pixels', async () => {
    const weights = makeWeights(architectures.decode);
    const dvae = new Dvae({ decoder: weights }, { device: referenceDevice });
    const wanted = await dvae.decode({ data: picture.tokens, shape: [1, 2, 2] });
    const given = await answerOf(await open('decode', weights));
    expect(given).toHaveLength(wanted.data.length);
    expect(Math.max(...wanted.data.map((value, at) => Math.abs(value - given[at]!)))).toBeLessThan(1e-5);
    expect(new Set(wanted.data).size).toBeGreaterThan(100);
  });
});

async function answerOf(net: Net): Promise<number[]> {
  try {
    await net.prepare();
    await net.run(); // what a run overwrites would show in the next one
    return Array.from(await net.run());
  } finally {
    net.dispose();
  }
}

test('the reference BLAS is refused, by the paths that the process has loaded', () => {
  const plain = ['/usr/lib/x86_64-linux-gnu/blas/libblas.so.3.11.0'];
  expect(() => nameBlas({ fast: [], plain, built: 'generic' })).toThrow('apt-get install libopenblas0-pthread');
  const fast = ['/usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblasp-r0.3.21.so']; // Debian's LAPACK wants it
  expect(() => nameBlas({ fast, plain, built: 'generic' })).toThrow('libblas.so.3.11.0');
  const alternative = ['/usr/lib/x86_64-linux-gnu/openblas-pthread/libblas.so.3'];
  expect(nameBlas({ fast, plain: alternative, built: 'generic' })).toBe('openblas');
  expect(nameBlas({ fast: [], plain: [], built: 'mkl' })).toBe('mkl');
});
