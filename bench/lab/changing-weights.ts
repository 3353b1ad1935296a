/**
 * What a weight that changes costs beside a constant one: the same product with its weight as a constant, as a State
 * that stays as it is, as a State that is given new numbers before every run, and as an input of every run. A timed run
 * reads four numbers.
 */
import { State, compile } from '../../engine/index.ts';
import type { Compiled, Shape, Tensor, WebGLDevice } from '../../engine/index.ts';
import { assign, conv2d, linear, slice, standardRules, tensor } from '../../ops/index.ts';
import { expectClose } from '../../test/helpers/close.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { interleave } from '../harness.ts';
import type { Contender, HarnessOptions } from '../harness.ts';
import { formatTable } from '../report/table.ts';
import { median } from '../statistics.ts';

interface Product {
  readonly label: string;
  readonly x: Shape;
  readonly w: Shape;
  multiply(x: Tensor, w: Tensor): Tensor;
}

export const changingProducts: readonly Product[] = [
  { label: 'conv 3×3 64→64 at 64×64', x: [1, 64, 64, 64], w: [64, 64, 3, 3], multiply: (x, w) => conv2d(x, w) },
  { label: 'linear 256×512 · 512', x: [256, 512], w: [512, 512], multiply: (x, w) => linear(x, w) },
];

type Plan = Compiled<{ y: Tensor }>;

/** Four numbers of a product. */
function corner(y: Tensor): { y: Tensor } {
  const zeros = y.shape.map(() => 0);
  return { y: slice(y, zeros, y.shape.length === 4 ? [1, 4, 1, 1] : [1, 4]) };
}

/** @throws Error where one of them computes other numbers */
export async function measureChangingWeights(
  device: WebGLDevice,
  { label, x: shape, w: weight, multiply }: Product,
  options: HarnessOptions = {},
): Promise<string> {
  const random = createRandom(20211);
  const draw = (sizes: Shape): Float32Array => random.gaussians(sizes.reduce((product, size) => product * size, 1));
  const [x, w] = [draw(shape), draw(weight)];
  const rules = { rules: standardRules };
  const [idle, changed] = ['idle', 'changed'].map((name) => new State(name, { shape: weight, dtype: 'f32' }));
  const ofWeight = (given: Tensor): Plan => compile(device, ({ x }) => corner(multiply(x, given)), { x: shape }, rules);
  const write = (state: State): Plan => compile(device, ({ w }) => corner(assign(state, w)), { w: weight }, rules);
  const plans = {
    constant: ofWeight(tensor(w, weight)),
    idle: ofWeight(idle!.tensor),
    changed: ofWeight(changed!.tensor),
    given: compile(device, ({ x, w }) => corner(multiply(x, w)), { x: shape, w: weight }, rules),
    writeIdle: write(idle!),
    writeChanged: write(changed!),
  };
  await plans.writeIdle.run({ w });
  const contender = (name: string, run: () => Promise<{ y: ArrayLike<number> }>): Contender => {
    return { name, run: async () => (await run()).y, dispose() {} };
  };
  const contenders = [
    contender('constant', () => plans.constant.run({ x })),
    contender('state that stays', () => plans.idle.run({ x })),
    contender('state that was changed', async () => {
      changed!.noteChange(); // as if it had been given these numbers
      return plans.changed.run({ x });
    }),
    contender('input', () => plans.given.run({ x, w })),
    contender('changing the state alone', () => plans.writeChanged.run({ w })),
  ];
  try {
    await plans.writeChanged.run({ w });
    const expected = await contenders[0]!.run();
    for (const { name, run } of contenders.slice(1, 4)) {
      // One by Winograd, another directly: sums of Gaussians are rounded differently.
      expectClose(await run(), Array.from(expected), 1e-3, { label: `${label}, ${name}` });
    }
    const times = await interleave(contenders, options);
    const rows = times.map(({ name, wall, cpu }) => {
      const ratios = wall.map((time, round) => time / times[0]!.wall[round]!);
      const cpuRatios = cpu.map((time, round) => time / times[0]!.cpu[round]!);
      return [name, median(wall).toFixed(2), median(ratios).toFixed(2), median(cpuRatios).toFixed(2)];
    });
    return formatTable([[label, 'median ms', '× constant', '× CPU'], ...rows]);
  } finally {
    for (const plan of Object.values(plans)) plan.dispose();
    for (const state of [idle, changed]) state!.dispose();
  }
}
