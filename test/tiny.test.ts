/**
 * If this passes, the installation works: a context, a draw, the model's own pickle, tokens, pixels. Under 2 seconds.
 */
import { expect, test } from 'vitest';
import { add, conv2d, run, tensor } from '../ops/index.ts';
import { Dvae } from '../nets/dvae/dvae.ts';
import { openFileSource } from '../weights-convert/node/file-source.ts';
import { openWeights } from '../weights-convert/open-weights.ts';
import { openTestDevice } from './helpers/devices.ts';
import { loadNetGolden } from './helpers/golden.ts';

test('one and one is two, on the device', async () => {
  expect([...(await run(await openTestDevice(), add(tensor([1], [1]), tensor([1], [1]))))]).toEqual([2]);
});

test('a convolution sums its neighbours', async () => {
  const ones = tensor(new Float32Array(9).fill(1), [1, 1, 3, 3]);
  expect([...(await run(await openTestDevice(), conv2d(ones, ones)))]).toEqual([4, 6, 4, 6, 9, 6, 4, 6, 4]);
});

test('a small dVAE gives the tokens that PyTorch gives, from its pickle', async () => {
  const golden = loadNetGolden('hidden-8');
  const { encoder, decoder } = golden.record.checkpoints[0]!;
  const parts = {
    encoder: await openWeights(await openFileSource(golden.path(encoder))),
    decoder: await openWeights(await openFileSource(golden.path(decoder))),
  };
  const dvae = new Dvae(parts, { device: await openTestDevice() });
  const { name, shape } = golden.record.cases[0]!;
  const pixels = { data: Float32Array.from(golden.array(`${name}.pixels`).data), shape };
  const { tokens, pixels: again } = await dvae.reconstruct(pixels);
  expect([...tokens.data]).toEqual([...golden.array(`${name}.tokens.f64`).data]);
  expect(again.shape).toEqual(shape);
  await dvae.dispose();
});
