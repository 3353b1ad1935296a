/** The transformer suite at a tiny size: TensorFlow.js and we agree, one that computes otherwise is not timed. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openNodeContext } from '../../engine/context/node/open.ts';
import { WebGLDevice } from '../../engine/index.ts';
import { sees } from '../../ops/attention/mask.ts';
import type { Mask } from '../../ops/attention/mask.ts';
import type { TransformerArchitecture } from '../../nets/transformer/architecture.ts';
import { createOurTransformer } from '../peers/dalle-gl-transformer.ts';
import { bankOf, planSlots, slotMask } from '../peers/tfjs-slots.ts';
import { createTfjsTransformer } from '../peers/tfjs-transformer.ts';
import type { TransformerModel, TransformerPeer } from '../peers/transformer-peer.ts';
import { chartTransformers, formatBeginnings, formatTransformers, transformerRowsOf } from '../report/transformer.ts';
import { formatProfile, profileStep } from '../step-profile.ts';
import '../peers/tfjs-wasm.ts';
import { createTfjsPeer } from '../tfjs-peer.ts';
import type { TfjsPeer } from '../tfjs-peer.ts';
import { makeRandomModel, PAPER_SHAPED } from '../transformer-models.ts';
import { createStreamProbe } from '../wasm-ceilings.ts';
import { measureTransformer } from './transformer.ts';
import type { TransformerEngine } from './transformer.ts';

const tiny: TransformerArchitecture = {
  ...PAPER_SHAPED,
  dim: 16,
  depth: 4,
  heads: 2,
  head_size: 8,
  text_length: 6,
  text_vocab: 40,
  image_vocab: 24,
  grid: [4, 4],
  attention: ['row', 'column', 'full', 'conv'],
  conv_kernel: 3,
  mlp_size: 32,
};
const once = { warmups: 1, minRounds: 2, moreSeconds: 0 };
const circumstances = { date: '2026-11-23', renderer: 'test', node: 'v20', cpu: 'test', cores: 2, load: 0 };
let device: WebGLDevice;
let tfjs: TfjsPeer;
let model: TransformerModel;

beforeAll(async () => {
  device = new WebGLDevice(await openNodeContext());
  tfjs = await createTfjsPeer(device.gl);
  model = makeRandomModel('tiny', tiny);
});
afterAll(() => {
  tfjs.dispose();
  device.dispose();
});

const ours: TransformerEngine = { create: async (batch) => createOurTransformer(device, model, batch) };
const task = { model: 'tiny', places: 16, checkedTokens: 16, windowTokens: 2, wholePictures: true };

/** Of TensorFlow.js's two backends, the second on the CPU. */
const backends = ['webgl', 'wasm'] as const;

test.each([1, 3])('%i candidates: every logit of a whole picture is TensorFlow.js’s', async (batch) => {
  const theirs = backends.map((backend): TransformerEngine => ({
    create: (count) => createTfjsTransformer(tfjs, model, count, backend),
  }));
  const stream = await createStreamProbe(1);
  const result = await measureTransformer(device.gl, [ours, ...theirs], { batch, ...task }, once, { stream });
  const [own, peer, onCpu] = result.beginnings;
  expect(onCpu).toMatchObject({ contender: 'tfjs-wasm 4.22.0', sameGreedyTokens: [16, 16], drawsPerStep: 0 });
  expect(result.times.every(({ bounds }) => bounds.stream!.perSecond > 0)).toBe(true);
  expect(peer).toMatchObject({ contender: 'tfjs-webgl 4.22.0', sameGreedyTokens: [16, 16] });
  expect(peer!.largestDifference).toBeLessThan(1e-4);
  expect(own!.drawsPerStep).toBeLessThanOrEqual(11 * tiny.depth);
  expect(peer!.drawsPerStep).toBeGreaterThan(own!.drawsPerStep);
  const rows = transformerRowsOf(result);
  expect(rows).toHaveLength(3 * 5);
  expect(rows.every(({ tokensPerSecond }) => tokensPerSecond > 0)).toBe(true);
  expect(formatTransformers(rows).split('\n')).toHaveLength(2 + rows.length);
  expect(formatBeginnings(result.beginnings)).toContain('16 of 16');
  expect(chartTransformers(rows, circumstances).groups).toHaveLength(4);
  expect(tfjs.tf.memory().numTensors).toBe(0);
  expect(device.gpu.textures.ledger().liveTextures).toBe(0);
});

test('one that computes otherwise is not timed', async () => {
  const wrong: TransformerEngine = {
    async create(batch): Promise<TransformerPeer> {
      const peer = createOurTransformer(device, model, batch);
      return {
        name: 'wrong',
        read: () => peer.read(),
        step: async (...next) => Array.from(await peer.step(...next), (logit) => logit * 1.01),
        textureBytes: () => peer.textureBytes(),
        dispose: () => peer.dispose(),
      };
    },
  };
  const measured = measureTransformer(device.gl, [ours, wrong], { batch: 1, ...task }, once);
  await expect(measured).rejects.toThrow('wrong computes other logits for tiny at place 1');
  expect(device.gpu.textures.ledger().liveTextures).toBe(0);
});

test.each(['full', 'row', 'column', 'conv'] as const)('slots of %s show each query what its mask does', (kind) => {
  const mask: Mask = { kind, text: 3, grid: [4, 6], kernel: 3, edges: 'cut' };
  const slots = planSlots(mask);
  const banks = Array.from({ length: slots.banks }, () => Array<number>(slots.recent).fill(-1));
  for (let p = 0; p < 24; p++) {
    const bank = banks[bankOf(slots, p)]!;
    bank.push(p);
    bank.shift();
    const shown = [...slotMask(mask, slots, p)].flatMap((added, slot) => {
      if (added < 0) return [];
      return [slot < mask.text ? slot : mask.text + bank[slot - mask.text]!];
    });
    const seen = Array.from({ length: 3 + 24 }, (_, key) => key).filter((key) => sees(mask, 3 + p, key));
    expect(shown.toSorted((a, b) => a - b)).toEqual(seen);
  }
});

test('a profile has a line for each kind of draw, and their sum', async () => {
  const groups = await profileStep(device, model, { batch: 2, place: 5, runs: 2 });
  expect(groups.reduce((sum, { count }) => sum + count, 0)).toBe(2 + 7 * tiny.depth);
  expect(formatProfile('tiny ×2', groups).split('\n')).toHaveLength(2 + groups.length + 1);
  expect(device.gpu.textures.ledger().liveTextures).toBe(0);
});
