/**
 * What `elementwise` turns down, and how it is said: functions that a shader cannot compute as JavaScript does, and a
 * translator that errs.
 */
import gpujs from 'gpu.js';
import { describe, expect, test } from 'vitest';
import type { Tensor } from '../engine/index.ts';
import { DalleError } from '../base/errors.ts';
import { createElementwise, tensor } from '../ops/index.ts';
import type { GpuJs } from '../ops/index.ts';
import { expectSameAsReference, openTestDevice } from '../test/helpers/devices.ts';
import { gaussians, RELATIVE } from './user-kernel-operands.ts';

const elementwise = createElementwise(gpujs);

const hypotenuse = elementwise((x, y) => Math.sqrt(x * x + y * y));
const leaky = elementwise((x, slope) => (x > 0 ? x : slope * x), { slope: 0.01 });

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
