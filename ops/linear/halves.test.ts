/**
 * Products on WebGL whose weights are halves, two columns of four outputs in a texel: every half comes out as it is,
 * whole numbers are exact for any size, and what came as bits of a file gives what came as floats.
 */
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { constant, interpret, rewrite, run, sizeOf, tensor } from '../../engine/index.ts';
import type { Tensor } from '../../engine/index.ts';
import { floatBitsToHalf, halfToFloatBits } from '../../base/half.ts';
import { expectClose } from '../../test/helpers/close.ts';
import { openCpuTestDevice } from '../../test/helpers/cpu-device.ts';
import { expectSameAsReference, openTestDevice, rulesFor } from '../../test/helpers/devices.ts';
import { checkOnEveryVariant } from '../../test/helpers/every-variant.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { seeds } from '../../test/helpers/shapes.ts';
import { gelu } from '../elementwise/unary.ts';
import { mul } from '../elementwise/binary.ts';
import { layerNorm } from '../layer-norm/layer-norm.ts';
import { standardRules } from '../rewrite/standard-rules.ts';
import { slice } from '../slice/slice.ts';
import { compile } from '../compile.ts';
import { linear } from './linear.ts';

const sizes = fc.record({
  rows: fc.integer({ min: 1, max: 12 }),
  inner: fc.integer({ min: 1, max: 21 }),
  outputs: fc.integer({ min: 1, max: 21 }),
  seed: seeds,
});

const toHalf = (value: number): number => floatBitsToHalf(new Uint32Array(Float32Array.of(value).buffer)[0]!);
const readHalf = (half: number): number => new Float32Array(Uint32Array.of(halfToFloatBits(half)).buffer)[0]!;

/** A weight as a file of halves has it: floats to read, and its bits in uneven pieces. */
function fileConstant(shape: readonly [number, number], numbers: ArrayLike<number>): Tensor {
  const floats = Float32Array.from(numbers);
  const bits = Uint16Array.from(floats, toHalf);
  const pieces = async function* (): AsyncGenerator<Uint16Array> {
    for (let from = 0; from < bits.length; from += 1000) yield bits.slice(from, from + 1000);
  };
  return constant('w', { shape, dtype: 'f32' }, () => floats, true, pieces);
}

describe('linear over halves', () => {
  test('is exact on whole numbers, of any size', async () => {
    await checkOnEveryVariant(
      sizes,
      async (device, { rows, inner, outputs, seed }) => {
        const random = createRandom(seed);
        const whole = (shape: number[], dtype: 'f32' | 'f16' = 'f32'): Tensor =>
          tensor(random.integers(sizeOf(shape), -8, 8), shape, dtype);
        const graph = linear(whole([rows, inner]), whole([outputs, inner], 'f16'), whole([outputs]));
        expect(rewrite([graph], standardRules).outputs[0]!.inputs[1]!.dtype).toBe('f16');
        await expectSameAsReference(device, graph, 0, { rules: rulesFor(device, standardRules) });
      },
      3,
    );
  });

  test('widens every finite half exactly', async () => {
    const bits = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i).filter((half) => (half & 0x7c00) !== 0x7c00);
    const w = tensor(Float32Array.from(bits, readHalf), [bits.length / 2, 2], 'f16');
    const x = tensor([1, 0, 0, 1], [2, 2]);
    await expectSameAsReference(await openTestDevice(), linear(x, w), 0, { rules: standardRules });
  });

  test('takes a gate, and leaves a LayerNorm outside', async () => {
    await checkOnEveryVariant(
      sizes,
      async (device, { rows, outputs: quads, inner: columns, seed }) => {
        const random = createRandom(seed);
        const [inner, outputs] = [4 * columns, 4 * quads];
        const gaussian = (...shape: number[]): Tensor => tensor(random.gaussians(sizeOf(shape)), shape);
        const w = random.gaussians(2 * outputs * inner).map((value) => readHalf(toHalf(value)));
        const normed = layerNorm(gaussian(rows, inner), gaussian(inner), gaussian(inner));
        const both = linear(normed, tensor(w, [2 * outputs, inner], 'f16'), gaussian(2 * outputs));
        const graph = mul(slice(both, [0, 0], [rows, outputs]), gelu(slice(both, [0, outputs], [rows, outputs])));
        const { applied } = rewrite([graph], standardRules);
        expect([applied.get('activation_on_write'), applied.get('norm_on_read')]).toEqual([1, undefined]);
        const [expected] = await interpret([graph]);
        const actual = await run(device, graph, { rules: rulesFor(device, standardRules) });
        const largest = expected!.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
        expectClose(actual, expected!, () => 2 ** -20 * inner * largest);
      },
      1,
    );
  });

  test('from the bits of a file gives the same as from floats, on both devices, and reads no floats', async () => {
    const random = createRandom(3);
    const shape = [521, 511] as const;
    const numbers = random.gaussians(sizeOf(shape)).map((value) => readHalf(toHalf(value * 1e-4)));
    for (const device of [await openTestDevice(), openCpuTestDevice()]) {
      const w = fileConstant(shape, numbers);
      const read = vi.spyOn(w.attributes as { read(): unknown }, 'read');
      const plain = constant('w', { shape, dtype: 'f32' }, () => Float32Array.from(numbers));
      const x = random.gaussians(2 * 511);
      const plans = [w, plain].map((weight) => compile(device, ({ x }) => linear(x, weight), { x: [2, 511] }));
      const [actual, expected] = [await plans[0]!.run({ x }), await plans[1]!.run({ x })];
      expectClose(actual, expected, () => 2 ** -20 * 1e-4 * Math.sqrt(511) * 6);
      expect(read).not.toHaveBeenCalled();
      plans.forEach((plan) => plan.dispose());
    }
  });

  test('one that is not finite is refused, as bits too', async () => {
    const numbers = new Float32Array(512 * 512);
    numbers[5000] = NaN;
    const w = fileConstant([512, 512], numbers);
    for (const device of [await openTestDevice(), openCpuTestDevice()]) {
      const plan = compile(device, ({ x }) => linear(x, w), { x: [1, 512] });
      await expect(plan.run({ x: new Float32Array(512) })).rejects.toMatchObject({
        code: 'E_NOT_FINITE',
        message: expect.stringContaining('weight 5000 is NaN') as string,
      });
      plan.dispose();
    }
  });
});
