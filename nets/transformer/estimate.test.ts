/** Plans of transformers that are not there, against one that is; and the named shapes. */
import { expect, test } from 'vitest';
import { open } from '../../load/node/open.ts';
import { openTestDevice } from '../../test/helpers/devices.ts';
import { openEmojiTransformer } from '../../test/helpers/transformer-golden.ts';
import { readTransformer } from './read-architecture.ts';
import { growTree } from '../weight-tree.ts';
import { countParameters } from '../weights.ts';
import { configurations } from './configurations.ts';
import { TransformerPlans } from './decoding-plans.ts';
import { estimateSeconds, planTransformer } from './estimate.ts';
import { measureSpeed } from './measure-speed.ts';
import { deriveTables } from './tables.ts';
import { Transformer } from './transformer.ts';

const limits = { targets: 8, maxTextureSize: 16_384, fetch: 'textureLod' } as const;

test('bytes and parameters are those of the emoji transformer when it draws', async () => {
  const device = await openTestDevice();
  const weights = await openEmojiTransformer();
  const parameters = countParameters(weights);
  expect(configurations.emoji).toEqual(weights.architecture);
  const before = device.gpu.textures.ledger();
  const transformer = new Transformer(weights, { device });
  const decoding = await transformer.begin(new Int32Array(16), 3);
  await decoding.step(new Int32Array(3));
  const after = device.gpu.textures.ledger();
  const planned = planTransformer(configurations.emoji, device, 3);
  expect(planned.parameters).toBe(parameters);
  expect(planned.bytes.weights).toBe(after.weightBytes - before.weightBytes);
  expect(planned.bytes.caches).toBe(after.stateBytes - before.stateBytes);
  decoding.dispose();
  await transformer.dispose();
});

test.each([
  ['paper-12b', 12.29e9],
  ['paper-5.6b', 5.69e9],
  ['paper-2.8b', 2.93e9],
  ['rudalle-malevich', 1.31e9],
  ['rudalle-malevich-v2', 1.31e9],
  ['mindalle', 1.29e9],
  ['dalle-pytorch-old', 68e6],
  ['dalle-pytorch-new', 68e6],
] as const)('%s has the parameters it is known by', (name, parameters) => {
  const plan = planTransformer(configurations[name], limits);
  expect(Math.abs(plan.parameters / parameters - 1)).toBeLessThan(0.01);
  expect(readTransformer(new Map(Object.entries(configurations[name])))).toEqual(configurations[name]);
  const { depth, output_norm = false } = configurations[name];
  expect(plan.token.draws).toBeLessThanOrEqual(11 * depth + 2 + Number(output_norm));
});

test('rules that do not pay on a device are left out of its plans, as when it computes', async () => {
  const device = await open({ device: 'egl', without: ['branch_on_write', 'norm_on_read'] });
  const { tensors } = await openEmojiTransformer();
  const { emoji } = configurations;
  const plans = new TransformerPlans(
    emoji,
    growTree(deriveTables(emoji, tensors)),
    { device },
    { sequences: 1, batch: 3 },
  );
  const planned = planTransformer(emoji, device, 3);
  expect(planned.token.draws).toBe(plans.nextToken.draws!.passes.length);
  expect(planned.prompt.draws).toBe(plans.prompt.draws!.passes.length);
  expect(planned.token.draws).not.toBe(planTransformer(emoji, { ...limits, targets: device.targets }, 3).token.draws);
  plans.dispose();
  device.dispose();
  const unknown = { ...limits, without: ['pack_liner'] };
  expect(() => planTransformer(emoji, unknown)).toThrow(expect.objectContaining({ code: 'E_ATTRIBUTE' }));
});

test('times are draws and reads, and the first image token comes with the text', () => {
  const plan = planTransformer(configurations.emoji, limits);
  const speed = {
    secondsPerDraw: 1,
    fetchesPerSecond: plan.token.fetches,
    streamedFetchesPerSecond: 1,
    macsPerSecond: 1,
  };
  const { prompt, token, picture } = estimateSeconds(plan, speed);
  expect(token).toBe(plan.token.draws + 1);
  expect(picture).toBe(prompt + 255 * token);
});

test('a device is measured', async () => {
  const speed = await measureSpeed(await openTestDevice());
  for (const value of Object.values(speed)) expect(value).toBeGreaterThan(0);
});
