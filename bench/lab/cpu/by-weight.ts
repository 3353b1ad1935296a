/**
 * The gradient of convolutions by their weight on the CPU, beside the convolutions themselves: GFLOP/s of CPU time of
 * one thread, in turns, at sizes of the dVAE's training. Forward is told twice, directly and as plans choose (by
 * Winograd where that pays, counted as if it were direct); naive is the op's plain loop.
 *
 * With `--webgl` on that device: directly is as plans choose, and naive is the plain shader.
 *
 * `node bench/lab/cpu/start-by-weight.mjs [--rounds n] [--only 3×3] [--batch n] [--naive] [--webgl]`
 */
import { parseArgs } from 'node:util';
import { Tensor, sizeOf, tensor } from '../../../engine/index.ts';
import type { Rule, Shape } from '../../../engine/index.ts';
import { conv2dByWeight } from '../../../ops/conv2d-by-weight/conv2d-by-weight.ts';
import { compile, conv2d, relu } from '../../../ops/index.ts';
import { cpuRules, standardRules } from '../../../ops/rewrite/standard-rules.ts';
import { winogradByWeightRule } from '../../../ops/rewrite/winograd-for-cpu.ts';
import { makeCpuTestDevice } from '../../../test/helpers/cpu-device.ts';
import { openTestDevice } from '../../../test/helpers/devices.ts';
import { createRandom } from '../../../test/helpers/random.ts';
import { interleave } from '../../harness.ts';
import type { Contender } from '../../harness.ts';
import { formatTable } from '../../report/table.ts';
import { median } from '../../statistics.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    only: { type: 'string', default: '' },
    batch: { type: 'string', default: '8' },
    naive: { type: 'boolean', default: false },
    webgl: { type: 'boolean', default: false },
  },
  strict: false,
});

/** Kernel, channels in and out, and pixels of a side. */
const shapes: readonly (readonly [kernel: number, inner: number, outer: number, side: number])[] = [
  [7, 3, 32, 64],
  [7, 3, 64, 64],
  [3, 32, 8, 64],
  [3, 8, 8, 64],
  [3, 64, 16, 64],
  [3, 16, 16, 64],
  [3, 32, 32, 32],
  [3, 64, 32, 32],
  [3, 64, 64, 16],
  [3, 128, 64, 16],
  [3, 128, 128, 8],
  [3, 256, 128, 8],
  [1, 16, 64, 64],
  [1, 64, 16, 64],
  [1, 32, 128, 32],
  [1, 64, 256, 16],
  [1, 128, 512, 8],
  [1, 512, 512, 8],
];

const random = createRandom(1);
const draw = (shape: Shape): Tensor => tensor(random.gaussians(sizeOf(shape)), shape);
const isWebGL = values['webgl'] === true;
const device = isWebGL ? await openTestDevice() : makeCpuTestDevice();
const chosen = isWebGL ? standardRules : cpuRules;
const direct: readonly Rule[] = chosen.filter(({ name }) => !name.includes('winograd'));

function contender(name: string, graph: Tensor, rules: readonly Rule[] = chosen): Contender {
  const plan = compile(device, () => graph, {}, { rules });
  return { name, run: () => plan.run({}), dispose: () => plan.dispose() };
}

function naive({ op, inputs, attributes, type }: Tensor): Contender {
  const arrays = inputs.map(({ type: { shape } }) => random.gaussians(sizeOf(shape)));
  const output = new Float32Array(sizeOf(type.shape));
  const inputTypes = inputs.map((input) => input.type);
  return {
    name: 'naive',
    run: async () => {
      op.reference({ attributes, inputs: arrays, inputTypes, output, outputType: type });
      return output;
    },
    dispose() {},
  };
}

/** The gradient by the weight by Winograd, on any map. */
const by = (outputs: 2 | 4): readonly Rule[] => [
  ...direct,
  winogradByWeightRule('winograd', outputs, { channels: 1, pixels: 1, width: 1 }),
];

const rows: string[][] = [];
for (const [kernel, inner, outer, side] of shapes) {
  const label = `${kernel}×${kernel} ${inner}→${outer} at ${side}²`;
  if (!label.includes(values['only'] as string)) continue;
  const batch = Number(values['batch']);
  const [x, w, g] = [
    [batch, inner, side, side],
    [outer, inner, kernel, kernel],
    [batch, outer, side, side],
  ].map(draw);
  const gradient = conv2dByWeight(g!, x!, [kernel, kernel]);
  const clipped = conv2dByWeight(g!, relu(x!), [kernel, kernel]);
  const contenders = [
    contender('forward, direct', conv2d(x!, w!), direct),
    contender('forward, as chosen', conv2d(x!, w!)),
    contender('by weight, direct', gradient, direct),
    contender('by weight of relu', clipped, direct),
    ...(kernel === 3 && !isWebGL
      ? [contender('by F(4×4)', gradient, by(4)), contender('by F(2×2)', gradient, by(2))]
      : []),
    ...(values['naive'] ? [isWebGL ? contender('naive', gradient, []) : naive(gradient)] : []),
  ];
  const times = await interleave(contenders, { minRounds: Number(values['rounds']), moreSeconds: 0 });
  const flop = 2 * batch * inner * outer * kernel ** 2 * side ** 2;
  const rates = times.map(({ cpu }) => flop / median(cpu) / 1e6);
  rows.push([label, ...rates.map((rate) => rate.toFixed(1))]);
  console.log(rows.at(-1)!.join('  '));
  for (const each of contenders) each.dispose();
}
const names = ['forward, direct', 'as chosen', 'by weight, direct', 'of relu'];
console.log(formatTable([['GFLOP/s', ...names, 'by F(4×4)', 'by F(2×2)', 'naive'], ...rows]));
device.dispose();
