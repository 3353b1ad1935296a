/**
 * Functions that gpu.js translates, as ops: against themselves in float64 on every device variant, with broadcasting;
 * whole numbers exactly; random expressions; what is turned down, and how; and that a fault is noticed.
 * Here and not beside the op because gpu.js is installed by bench/ alone.
 */
import { createRequire } from 'node:module';
import fc from 'fast-check';
import gpujs from 'gpu.js';
import { describe, expect, test } from 'vitest';
import { interpret, referenceDevice, run } from '../engine/index.ts';
import type { Shape, Tensor } from '../engine/index.ts';
import { DalleError } from '../base/errors.ts';
import { add, createElementwise, relu, tensor } from '../ops/index.ts';
import type { GpuJs } from '../ops/index.ts';
import { expectClose } from '../test/helpers/close.ts';
import { deviceVariants, expectSameAsReference, openTestDevice, openVariant } from '../test/helpers/devices.ts';
import { createRandom } from '../test/helpers/random.ts';

const elementwise = createElementwise(gpujs);

/** What accurate_exp, _log and _tanh keep, twice over for the few roundings around them. */
const RELATIVE = 2 ** -19;

/** Random numbers of a shape; away from 0 where a kernel divides by them. */
function gaussians(shape: Shape, seed: number, shift = 0): Tensor {
  const count = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Float32Array.from(createRandom(seed).gaussians(count), (x) => x + Math.sign(x) * shift),
    shape,
  );
}

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

const codeOf = (make: () => unknown): string => {
  try {
    make();
  } catch (error) {
    if (error instanceof DalleError) return error.code;
    throw error;
  }
  return 'none';
};

describe('what a shader cannot do is turned down', () => {
  const outside = 2;
  const __name = (value: unknown): unknown => value;
  type Numbers = (...values: readonly number[]) => number;

  const captures: readonly [string, Numbers][] = [
    ['a constant', (x) => x * outside],
    ['a helper of a compiler', (x) => Number(__name(x))],
    ['a global', (x) => x * Number.EPSILON],
    ['a variable of another block', new Function('x', '{ const t = 1; } return t;') as Numbers],
    ['a function', (x) => codeOf(() => x).length],
  ];
  test.each(captures)('%s from outside', (_, compute) => {
    expect(codeOf(() => elementwise(compute))).toMatch(/^E_KERNEL_(CAPTURE|SYNTAX)$/);
  });

  test('a captured name is named, with the way to pass it', () => {
    expect(() => elementwise((x) => x * outside)).toThrow(
      /`outside`.*elementwise\(\(x, outside\) => …, \{ outside \}\)/s,
    );
  });

  /** As text, for some are no TypeScript or would be formatted away. */
  test.each([
    'x => [x][0]',
    'x => "1" * x',
    'x => x ? 1 : 0',
    'x => x > 0',
    'x => (x > 0) + 1',
    'x => x & 1',
    'x => ~x',
    'x => x++',
    'x => (x = 2)',
    'x => (x, 1)',
    'x => x || 1',
    'x => Math.random() * x',
    'x => Math.sin(x)',
    'x => Math.max(x)',
    'x => Math.max(...[x, 1])',
    'x => Math["abs"](x)',
    'x => x ** 0.5',
    'x => x ** x',
    'x => Math.pow(2, x)',
    'x => x ** 32',
    'x => x * 1e39',
    'x => x * Infinity',
    'x => NaN',
    'x => 10n',
    'x => null',
    'x => `${x}`',
    'x => x?.y',
    'x => x.y',
    'x => this.constants.y * x',
    'x => ((y) => y)(x)',
    'x => { const f = (y) => y; return f(x); }',
    'x => { const t = [x]; return t[0]; }',
    'x => { let t; t = x; return t; }',
    'x => { var t = x; return t; }',
    'x => { const t = x; t = 2; return t; }',
    'x => { const t = x > 0; return x; }',
    'x => { if (x > 0) return 1; }',
    'x => { return; }',
    'x => { x; return x; }',
    'x => { }',
    'x => { if (x > 0) { const x = 1; } return x; }',
    'x => { const t = x; if (t > 0) { let t = 1; t += x; } return t; }',
    'x => { x %= 2; return x; }',
    'x => { while (x > 0) x -= 1; return x; }',
    'x => { do { x -= 1; } while (x > 0); return x; }',
    'x => { for (;;) x += 1; return x; }',
    'x => { for (let i = 0; i < x; i++) x += 1; return x; }',
    'x => { for (let i = 0; i < 9; i--) x += 1; return x; }',
    'x => { for (let i = 0; i < 9; i += 0) x += 1; return x; }',
    'x => { for (let i = 0; i < 1; i += 0.1) x += 1; return x; }',
    'x => { for (let i = 0; i < 9; i++) i = 0; return x; }',
    'x => { for (let i = 0; i < 99999; i++) x += 1; return x; }',
    'x => { for (let i = 0; i < 99; i++) for (let j = 0; j < 99; j++) x += 1; return x; }',
    'x => { for (const i of x) x += i; return x; }',
    'x => { switch (x) { default: return 1; } }',
    'x => { try { return x; } catch { return 1; } }',
    'x => { throw x; }',
    'x => { debugger; return x; }',
    'x => { function f() {} return x; }',
    'async x => x',
    'async (x) => { return await x; }',
    'function* (x) { return x; }',
    '(x = 1) => x',
    '(...x) => x',
    '({ x }) => x',
    '([x]) => x',
    '(Math) => Math.abs(1)',
    '(Infinity) => Infinity',
    '(x$) => x$',
    '(x__y) => x__y',
    'class { }',
    'Math.max',
    '(function (x) { return x; }).bind(null)',
    '({ f(x) { return x; } }).f',
  ])('%s', (text) => {
    const compute = new Function(`return ${text.startsWith('function*') ? `(${text})` : text}`)() as Numbers;
    expect(codeOf(() => elementwise(compute))).toBe('E_KERNEL_SYNTAX');
  });

  test('what is no function, or no gpu.js', () => {
    expect(codeOf(() => elementwise('x => x' as unknown as Numbers))).toBe('E_KERNEL_SYNTAX');
    expect(codeOf(() => createElementwise({} as GpuJs))).toBe('E_KERNEL_TRANSLATOR');
    expect(codeOf(() => createElementwise(undefined as unknown as GpuJs))).toBe('E_KERNEL_TRANSLATOR');
  });

  test('parameters and constants that do not fit', () => {
    const nine: Numbers = (a, b, c, d, e, f, g, h, i) => a + b + c + d + e + f + g + h + i;
    const refused = [
      (): unknown => elementwise(() => 1),
      (): unknown => elementwise(nine),
      (): unknown => elementwise((x, y) => x + y, { x: 1, y: 2 }),
      (): unknown => elementwise((x) => x, { slope: 1 }),
      (): unknown => elementwise((x, y) => x * y, { y: NaN }),
      (): unknown => elementwise((x, y) => x * y, { y: 1e39 }),
      (): unknown => elementwise((x, y) => x * y, { y: '1' as unknown as number }),
    ];
    expect(refused.map(codeOf)).toEqual(refused.map(() => 'E_KERNEL_PARAMETERS'));
    expect(codeOf(() => (leaky as (...tensors: Tensor[]) => Tensor)())).toBe('E_ATTRIBUTE');
    expect(codeOf(() => hypotenuse(tensor([1, 2], [2]), tensor([1, 2, 3], [3])))).toBe('E_SHAPE');
  });
});

describe('a translator that errs is noticed', () => {
  /** gpu.js with one thing written otherwise. */
  const faulty = (find: string, replace: string): GpuJs => ({
    WebGL2FunctionNode: class extends (gpujs.WebGL2FunctionNode as new (source: string, settings: object) => object) {
      override toString(): string {
        const sound = super.toString();
        expect(sound).toContain(find);
        return sound.replace(find, replace);
      }
    },
  });

  test('by the comparison with the function', async () => {
    const device = await openTestDevice();
    const wrong = createElementwise(faulty('1.0+', '1.001+'))((x) => x / (1 + Math.exp(-x)));
    await expect(expectSameAsReference(device, wrong(gaussians([64], 30)), 4 * RELATIVE)).rejects.toThrow(
      /out of bounds/,
    );
  });

  test('by a look at what it wrote: unknown functions, whole numbers, capped loops', () => {
    for (const replacement of ['_cbrt(', 'int(', 'LOOP_MAX+exp(']) {
      expect(codeOf(() => createElementwise(faulty('exp(', replacement))((x) => Math.exp(x)))).toBe(
        'E_KERNEL_TRANSLATOR',
      );
    }
  });
});
