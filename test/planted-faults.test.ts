/**
 * The test of the tests: the real shaders with one fault planted in their text must fail the bounds that the sound
 * ones pass. Faults: operands rounded to half, a tap that reads across a border, a last channel left out.
 */
import { describe, expect, test } from 'vitest';
import { interpret, run } from '../engine/index.ts';
import type { WebGLDevice, Op, Rule, Tensor } from '../engine/index.ts';
import { apply } from '../engine/index.ts';
import { packedConv2dOp } from '../ops/conv2d/packed-conv2d.ts';
import { matmulOp } from '../ops/matmul/matmul.ts';
import { conv2d, matmul, standardRules, tensor } from '../ops/index.ts';
import { gaussianBound } from './helpers/bounds.ts';
import { expectClose } from './helpers/close.ts';
import { deviceVariants, openVariant } from './helpers/devices.ts';
import { createRandom } from './helpers/random.ts';

type Fault = readonly [name: string, find: RegExp, replace: string];

const faults: readonly Fault[] = [
  ['operands rounded to half', /([ax]_fetch\((?:plane|block)_place.*?\))(\)?;)/g, 'half_of($1)$2'],
  ['the last turn of the loop over channels left out', /(in_quad|turn) < (\d+);/, '$1 < $2 - 1;'],
];
/** Not for texelFetch, which gives zero outside the texture whatever the shader asks for. */
const borderFault: Fault = ['a tap that reads across the border', /x0 - 1 >= 0/, 'x0 - 1 >= -1'];

const halfOf =
  'vec4 half_of(vec4 v) { return vec4(unpackHalf2x16(packHalf2x16(v.xy)), unpackHalf2x16(packHalf2x16(v.zw))); }';

/** A rule that puts the same op with a faulty shader in its place. Fails when the fault does not take. */
function plant<A>(op: Op<A>, [, find, replace]: Fault): Rule {
  const faulty: Op<A> = {
    ...op,
    kernels: {
      webgl: {
        ...op.kernels?.webgl,
        shader(call) {
          const sound = op.kernels!.webgl!.shader!(call);
          const changed = sound.replace(find, replace);
          expect(changed).not.toBe(sound);
          return changed.replace('void main()', `${halfOf}\n\nvoid main()`);
        },
      },
    },
  };
  return {
    name: 'plant a fault',
    why: 'to see it noticed',
    apply: (node) => (node.op === op ? apply(faulty, node.inputs, node.attributes as A) : undefined),
  };
}

/** Passes or throws as every Gaussian test of the ops does. */
async function check(
  device: WebGLDevice,
  graph: Tensor,
  squares: Tensor,
  terms: number,
  rules: readonly Rule[],
): Promise<void> {
  const [[expected], [sums]] = [await interpret([graph]), await interpret([squares])];
  expectClose(await run(device, graph, { rules }), expected!, (i) => gaussianBound(terms, sums![i]!));
}

const random = createRandom(20261202);
const x = random.gaussians(20 * 9 * 24);
const w = random.gaussians(6 * 20 * 9);
const square = (values: Float32Array): Float64Array => Float64Array.from(values, (value) => value * value);
const image = (values: ArrayLike<number>): Tensor => tensor(values, [1, 20, 9, 24]);
const weight = (values: ArrayLike<number>): Tensor => tensor(values, [6, 20, 3, 3]);
const matrix = (values: ArrayLike<number>): Tensor => tensor(values, [24, 180]);
const columns = (values: ArrayLike<number>): Tensor => tensor(Array.from(values).slice(0, 180 * 5), [180, 5]);

describe.each(deviceVariants.slice(0, 5))('on $name', (variant) => {
  const convolution = async (rules: readonly Rule[]): Promise<void> => {
    const device = await openVariant(variant);
    await check(device, conv2d(image(x), weight(w)), conv2d(image(square(x)), weight(square(w))), 180, rules);
  };
  const product = async (rules: readonly Rule[]): Promise<void> => {
    const device = await openVariant(variant);
    await check(device, matmul(matrix(x), columns(w)), matmul(matrix(square(x)), columns(square(w))), 180, rules);
  };

  test('the sound shaders pass', async () => {
    await convolution(standardRules);
    await product(standardRules);
  });

  test.each(variant.options.fetch ? faults : [...faults, borderFault])('conv2d: %s', async (...fault) => {
    await expect(convolution([...standardRules, plant(packedConv2dOp, fault)])).rejects.toThrow(/out of bounds/);
  });

  test.each(faults)('matmul: %s', async (...fault) => {
    await expect(product([...standardRules, plant(matmulOp, fault)])).rejects.toThrow(/out of bounds/);
  });
});
