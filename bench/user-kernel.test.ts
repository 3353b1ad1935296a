/**
 * Functions that gpu.js translates, as ops: against themselves in float64 on every device variant, with broadcasting;
 * whole numbers exactly; random expressions. What is turned down is in user-kernel-refused.test.ts.
 * Here and not beside the op because gpu.js is installed by bench/ alone.
 */
import { createRequire } from 'node:module';
import fc from 'fast-check';
import gpujs from 'gpu.js';
import { describe, expect, test } from 'vitest';
import { interpret, referenceDevice, run } from '../engine/index.ts';
import type { Shape, Tensor } from '../engine/index.ts';
import { add, createElementwise, relu, tensor } from '../ops/index.ts';
import type { GpuJs } from '../ops/index.ts';
import { expectClose } from '../test/helpers/close.ts';
import { deviceVariants, expectSameAsReference, openTestDevice, openVariant } from '../test/helpers/devices.ts';
import { gaussians, RELATIVE } from './user-kernel-operands.ts';
import { createRandom } from '../test/helpers/random.ts';

const elementwise = createElementwise(gpujs);

function integers(shape: Shape, seed: number): Tensor {
  return tensor(
    createRandom(seed).integers(
      shape.reduce((a, b) => a * b, 1),
      -50,
      50,
    ),
    shape,
  );
}

const swish = elementwise((x) => x / (1 + Math.exp(-x)));
const gelu = elementwise((x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))));
const softplus = elementwise((x) => Math.max(x, 0) + Math.log(1 + Math.exp(-Math.abs(x))));
const hypotenuse = elementwise((x, y) => Math.sqrt(x * x + y * y));
const mixed = elementwise((x, y, t) => x * (1 - t) + y * t);
const leaky = elementwise((x, slope) => (x > 0 ? x : slope * x), { slope: 0.01 });
const shifted = elementwise((low_limit, x, gain) => Math.max(low_limit, gain * x), { low_limit: -0.25, gain: 3 });
const eight = elementwise((a, b, c, d, e, f, g, h) => a + b * c - d + e * f - g * h);
const huber = elementwise((x, y) => {
  const distance = Math.abs(x - y);
  if (distance < 1) return 0.5 * distance * distance;
  else {
    const beyond = distance - 0.5;
    return beyond;
  }
});
const series = elementwise(function (x) {
  let sum = 0;
  let term = 1;
  for (let i = 1; i <= 8; i++) {
    sum += term;
    term *= x / i;
    if (term === 0) break;
  }
  return sum;
});
const backwards = elementwise((x) => {
  let sum = 0;
  for (let i = 6; i >= 0; i -= 2) {
    if (i === 4 || !(i < 6 && i !== 4)) continue;
    for (let j = 0; j < 3; j++) sum += x * (i + 0.5) * j;
  }
  return sum;
});
const blocks = elementwise((x) => {
  {
    const part = 1.5;
    x += part;
  }
  {
    const part = x;
    if (part > 1)
      if (part > 2) x -= 0.5;
      else x = -part;
  }
  return x;
});
const squares = elementwise((x) => x ** -2 + Math.pow(x, 5) - Math.pow(x, 0));

describe.each(deviceVariants)('on $name', (variant) => {
  const x = gaussians([2, 5, 7, 9], 1);
  const y = gaussians([5, 1, 9], 2);
  /** The bound grows with the terms that are added and may cancel, here all of the order of 1 to 100. */
  test.each<[string, Tensor, number]>([
    ['swish', swish(x), 4],
    ['gelu', gelu(x), 4],
    ['softplus', softplus(gaussians([65, 3], 3)), 4],
    ['hypotenuse', hypotenuse(x, y), 8],
    ['mixed', mixed(x, y, gaussians([1], 4)), 16],
    ['leaky', leaky(gaussians([], 5)), 4],
    ['shifted', shifted(gaussians([64], 6)), 16],
    ['huber', huber(x, y), 16],
    ['series', series(gaussians([3, 66], 7)), 64],
    ['backwards', backwards(gaussians([3, 66], 8)), 64],
    ['blocks', blocks(x), 4],
    ['squares', squares(gaussians([130], 9, 0.5)), 1024],
    ['in a graph', relu(add(swish(x), leaky(y))), 8],
  ])('%s', async (label, graph, scale) => {
    await expectSameAsReference(await openVariant(variant), graph, scale * RELATIVE, { label });
  });

  test('whole numbers are exact, with broadcasting of up to eight operands', async () => {
    const device = await openVariant(variant);
    const shapes: Shape[] = [[2, 5, 3, 6], [5, 3, 6], [3, 1], [6], [1], [], [2, 1, 1, 6], [5, 1, 1]];
    const [a, b, c, d, e, f, g, h] = shapes.map(integers) as [
      Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor,
    ]; // prettier-ignore
    await expectSameAsReference(device, eight(a, b, c, d, e, f, g, h), 0);
    const digits = elementwise((x, y) => {
      let sum = 0;
      for (let i = 0; i < 5; i++) sum = sum * 3 + i * i * 100 + Math.floor(x / 2) + Math.trunc(x / 4);
      return (
        sum + (x % 7) + ((3 * x) % (Math.abs(y) + 1)) + x ** 3 + Math.round(y / 2) + Math.ceil(y / 4) + Math.sign(x)
      );
    });
    await expectSameAsReference(device, digits(a, b), 0);
  });
});

test('counters of loops are numbers, not whole numbers of GLSL, which would overflow', async () => {
  const steep = elementwise((x) => {
    let sum = x;
    for (let i = 65536; i < 65540; i += 2) sum += i * i * 65536;
    return sum;
  });
  await expectSameAsReference(await openTestDevice(), steep(tensor([0], [1])), 2 ** 27);
});

/** Expressions over x and y as text; every value stays small, and no step is steep. */
const expression: fc.Arbitrary<string> = fc.letrec<{ number: string; truth: string }>((tie) => ({
  number: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('x', 'y', '1', '0.5', '3', '-2', 'Math.SQRT1_2', '1e-3'),
    fc.tuple(tie('number'), fc.constantFrom('+', '-'), tie('number')).map(([a, op, b]) => `(${a}) ${op} (${b})`),
    fc.tuple(tie('number'), tie('number')).map(([a, b]) => `Math.tanh(${a}) * (${b})`),
    fc.tuple(tie('number'), tie('number')).map(([a, b]) => `(${a}) / (1 + Math.abs(${b}))`),
    fc.tuple(fc.constantFrom('max', 'min'), tie('number'), tie('number')).map(([f, a, b]) => `Math.${f}(${a}, ${b})`),
    fc.tuple(tie('truth'), tie('number')).map(([test, a]) => `(${test} ? ${a} : -(${a}))`),
    tie('number').map((a) => `Math.exp(-Math.abs(${a}))`),
    tie('number').map((a) => `Math.tanh(${a}) ** 2`),
  ),
  truth: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom('x > y', 'x <= 0', 'y >= 1', 'x !== y'),
    fc.tuple(tie('truth'), fc.constantFrom('&&', '||'), tie('truth')).map(([a, op, b]) => `(${a} ${op} !(${b}))`),
  ),
})).number;

test('random expressions mean the same in both languages', async () => {
  const device = await openTestDevice();
  const [x, y] = [gaussians([37], 20), gaussians([37], 21)];
  const check = async (text: string): Promise<void> => {
    const compute = new Function('x', 'y', `return ${text};`) as (x: number, y: number) => number;
    const graph = elementwise(compute)(x, y);
    const [expected] = await interpret([graph]);
    const scale = 64 * (1 + Math.max(...expected!.map(Math.abs)));
    expectClose(await run(device, graph, { rules: [] }), expected!, scale * RELATIVE, { label: text });
  };
  await fc.assert(fc.asyncProperty(expression, check), { numRuns: 40, seed: 20261123 });
});

test('the build for browsers holds the same translator', async () => {
  const browserBuild = createRequire(import.meta.url)('gpu.js/dist/gpu-browser.js') as GpuJs;
  const cube = createElementwise(browserBuild)((x) => x * x * x);
  await expectSameAsReference(await openTestDevice(), cube(integers([3, 5], 22)), 0);
});

test('on the reference device the function itself is called', async () => {
  const graph = leaky(tensor([-2, 3], [2]));
  expect([...(await run(referenceDevice, graph, { rules: [] }))]).toEqual([-2 * Math.fround(0.01), 3].map(Math.fround));
});
