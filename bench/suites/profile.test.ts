/** The profile suite on a small plan: equal steps together, shares of the whole, and plain loops told from kernels. */
import { expect, test } from 'vitest';
import { apply } from '../../engine/index.ts';
import type { Op } from '../../engine/index.ts';
import type { Tensor } from '../../ops/index.ts';
import { add, compile, linear, relu, reshape, sum, tensor } from '../../ops/index.ts';
import { makeCpuTestDevice } from '../../test/helpers/cpu-device.ts';
import { chartProfiles, formatProfiles } from '../report/profile.ts';
import { PLAIN_LOOP, measureProfile } from './profile.ts';

/** An op of nobody's, which has no kernel. */
const double: Op<undefined> = {
  name: 'double',
  infer: ([x]) => x!,
  reference: ({ inputs, output }) => output.forEach((_, at) => (output[at] = 2 * inputs[0]![at]!)),
};

test('steps are grouped, and every step has its share', async () => {
  const device = makeCpuTestDevice();
  const w = tensor(new Float32Array(64).fill(1), [8, 8]);
  const trace = ({ x }: { x: Tensor }): Tensor => {
    return sum(reshape(apply(double, [relu(add(relu(linear(x, w)), x))], undefined), [2, 2, 8]), [0, 2]);
  };
  using plan = compile(device, trace, { x: [4, 8] });
  const groups = await measureProfile({ name: 'small', plan, inputs: { x: new Float32Array(32) } }, 3);
  expect(groups.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
  expect(groups.find(({ step }) => step.startsWith('relu'))).toMatchObject({ count: 2, kernels: 'relu ×1' });
  expect(groups.filter(({ kernels }) => kernels === PLAIN_LOOP)).toHaveLength(1);
  expect(formatProfiles(groups)).toMatch(/^small .*\n[^]*plain loop[^]*\nall /);
  const circumstances = { date: '2026-12-01', renderer: 'CPU', node: 'v20', cpu: 'test', cores: 2, load: 0 };
  const { bars } = chartProfiles(groups, circumstances).groups[0]!;
  expect(bars.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(100);
  expect(bars.find(({ series }) => series === 'plain loops')!.value).toBeGreaterThan(0);
  device.dispose();
});
