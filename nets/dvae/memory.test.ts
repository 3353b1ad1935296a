/**
 * What the official nets would take, from their plans alone, which need neither weights nor a device: textures beside
 * the weights stay bounded as pictures and batches grow, and so do texture reads a pixel.
 */
import { describe, expect, test } from 'vitest';
import { makePlan, placeholder, planDraws } from '../../engine/index.ts';
import type { Draws, Tensor } from '../../engine/index.ts';
import { argmax, oneHot, standardRules } from '../../ops/index.ts';
import { OFFICIAL_DECODER, OFFICIAL_ENCODER } from './architecture.ts';
import { expectedTensors } from './tensors.ts';
import type { DvaeArchitecture } from './architecture.ts';
import { growTree } from '../weight-tree.ts';
import type { WeightTree } from '../weight-tree.ts';
import { decoder } from './decoder.ts';
import { encoder } from './encoder.ts';
import { likelyPixels, mapPixels } from './pixels.ts';

const limits = { targets: 8, maxTextureSize: 8192, fetch: 'textureLod' } as const;

/** Names and shapes of a net's weights; nobody may read them. */
function growEmptyTree(architecture: DvaeArchitecture): WeightTree {
  const read = (): Promise<never> => Promise.reject(new Error('a plan reads no weights'));
  return growTree(
    new Map(
      [...expectedTensors(architecture)].map(
        ([name, shape]) => [name, { shape, dtype: 'F32' as const, read }] as const,
      ),
    ),
  );
}

const weights = { encode: growEmptyTree(OFFICIAL_ENCODER), decode: growEmptyTree(OFFICIAL_DECODER) };

const trace: Readonly<Record<'encode' | 'decode', (batch: number, side: number) => Tensor>> = {
  encode(batch, side) {
    const x = placeholder('x', { shape: [batch, 3, side, side], dtype: 'f32' });
    return argmax(encoder(OFFICIAL_ENCODER, weights.encode, mapPixels(x)), 1);
  },
  decode(batch, side) {
    const tokens = placeholder('x', { shape: [batch, side / 8, side / 8], dtype: 'i32' });
    return likelyPixels(decoder(OFFICIAL_DECODER, weights.decode, oneHot(tokens, OFFICIAL_DECODER.vocab_size, 1)));
  },
};

const fetchesAPixel = ({ passes }: Draws, batch: number, side: number): number =>
  passes.reduce((sum, { cost }) => sum + cost.fetches, 0) / (batch * side * side);

describe.each(['encode', 'decode'] as const)('official %s', (half) => {
  const official = planDraws(makePlan([trace[half](1, 256)], standardRules), limits);

  test('256² takes at most 350 MB', () => {
    expect(official.peakBytes).toBeLessThanOrEqual(350e6);
  });

  test.each([
    { batch: 1, side: 512, most: 700e6 },
    { batch: 1, side: 1000, most: 700e6 },
    { batch: 1, side: 1024, most: 700e6 },
    { batch: 8, side: 128, most: 350e6 },
    { batch: 2, side: 256, most: 350e6 },
    { batch: 8, side: 256, most: 350e6 },
  ])('$batch of $side² take at most $most bytes and 1.25 times the reads a pixel', ({ batch, side, most }) => {
    const plan = planDraws(makePlan([trace[half](batch, side)], standardRules), limits);
    expect(plan.peakBytes).toBeLessThanOrEqual(most);
    const ratio = fetchesAPixel(plan, batch, side) / fetchesAPixel(official, 1, 256);
    expect(ratio).toBeLessThanOrEqual(1.25);
  });
});
