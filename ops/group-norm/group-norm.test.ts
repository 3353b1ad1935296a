/**
 * groupNorm against float64 and against PyTorch, plain and in several draws, also where the mean is a million times the
 * deviation and where a group has a quarter of a million numbers; and its law: groups do not see each other.
 */
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpret, rewrite, run, sizeOf, tensor } from '../../engine/index.ts';
import type { CpuDevice, Rule, Tensor, WebGLDevice } from '../../engine/index.ts';
import { FUNCTION_BOUNDS, gamma, UNIT_ROUNDOFF } from '../../test/helpers/bounds.ts';
import { expectClose } from '../../test/helpers/close.ts';
import { cpuVariants, openCpuTestDevice } from '../../test/helpers/cpu-device.ts';
import { expectSameAsReference, openTestDevice } from '../../test/helpers/devices.ts';
import { checkOnEveryVariant } from '../../test/helpers/every-variant.ts';
import { loadGolden } from '../../test/helpers/golden.ts';
import type { GoldenError, GoldenProvenance } from '../../test/helpers/golden.ts';
import { createRandom } from '../../test/helpers/random.ts';
import type { Random } from '../../test/helpers/random.ts';
import { seeds } from '../../test/helpers/shapes.ts';
import { silu } from '../index.ts';
import { siluOnWrite } from '../rewrite/silu-on-write.ts';
import { splitGroupNorm } from '../rewrite/split-group-norm.ts';
import { groupNorm } from './group-norm.ts';

/** Channels of a group, groups, and a map. */
interface Sizes {
  readonly batch: number;
  readonly size: number;
  readonly groups: number;
  readonly height: number;
  readonly width: number;
}

const side = fc.constantFrom(1, 3, 4, 9, 17);
const sizes: fc.Arbitrary<Sizes> = fc.record({
  batch: fc.constantFrom(1, 2),
  size: fc.constantFrom(1, 2, 3, 4, 8),
  groups: fc.constantFrom(1, 2, 3),
  height: side,
  width: side,
});

interface Operands {
  readonly x: Tensor;
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly groups: number;
}

function makeOperands({ batch, size, groups, height, width }: Sizes, draw: () => number, random: Random): Operands {
  const channels = size * groups;
  const shape = [batch, channels, height, width];
  return {
    x: tensor(Float32Array.from({ length: sizeOf(shape) }, draw), shape),
    weight: tensor(random.gaussians(channels), [channels]),
    bias: tensor(random.gaussians(channels), [channels]),
    groups,
  };
}

const normalize = ({ x, weight, bias, groups }: Operands, epsilon = 1e-6): Tensor =>
  groupNorm(x, weight, bias, { groups, epsilon });

/**
 * With z = (x − mean)/√(variance + epsilon) and K additions in a row, all numbers of a small group and fewer than 1024
 * of a large one: the sums run over differences from the mean as it was first found, so they and the scale are off by
 * γ(K) each, whatever the mean, as long as it is below some 2²³ deviations.
 */
async function boundOf(given: Operands, epsilon: number): Promise<(index: number) => number> {
  const [, channels, height, width] = given.x.shape as [number, number, number, number];
  const [one, zero] = [1, 0].map((value) => tensor(new Float32Array(channels).fill(value), [channels]));
  const [z, w, b] = await interpret([
    normalize({ ...given, weight: one!, bias: zero! }, epsilon),
    given.weight,
    given.bias,
  ]);
  const count = (channels / given.groups) * height * width;
  const sums = 2 * gamma(8 + (count > 4096 ? 1024 : count));
  return (index) => {
    const c = Math.floor(index / (height * width)) % channels;
    const own = Math.abs(z![index]!);
    const normal = sums * (1 + own) + FUNCTION_BOUNDS.inverseSqrt.relative * own;
    return Math.abs(w![c]!) * normal + 3 * UNIT_ROUNDOFF * (own * Math.abs(w![c]!) + Math.abs(b![c]!));
  };
}

const kinds: Readonly<Record<string, (random: Random) => number>> = {
  'standard normal': (random) => random.gaussian(),
  'a mean a million times the deviation': (random) => 1e6 + random.gaussian(),
  'of every size': (random) => random.gaussian() * 2 ** random.integer(-30, 30),
};

const forms: readonly { name: string; rules: readonly Rule[] }[] = [
  { name: 'plain', rules: [] },
  { name: 'in several draws', rules: [splitGroupNorm] },
];

describe.each(forms)('groupNorm, $name', ({ rules }) => {
  test.each(Object.entries(kinds))('keeps its bound: %s', async (_name, draw) => {
    await checkOnEveryVariant(
      fc.tuple(sizes, seeds, fc.constantFrom(1e-5, 1e-6, 1)),
      async (device, [given, seed, epsilon]) => {
        const random = createRandom(seed);
        const operands = makeOperands(given, () => draw(random), random);
        const bound = await boundOf(operands, epsilon);
        await expectSameAsReference(device, normalize(operands, epsilon), bound, { rules });
      },
      2,
    );
  });

  test('equal numbers give the bias, exactly, however large', async () => {
    for (const device of [await openTestDevice(), openCpuTestDevice()]) {
      for (const value of [0, 1 / 3, -1e6, 1e30]) {
        const random = createRandom(1);
        const operands = makeOperands({ batch: 1, size: 4, groups: 2, height: 5, width: 9 }, () => value, random);
        const result = await run(device, normalize(operands), { rules });
        const [bias] = await interpret([operands.bias]);
        result.forEach((number, index) => expect(number).toBe(bias![Math.floor(index / 45)]));
      }
    }
  });

  test('NaN and Infinity spoil their own group and no other', async () => {
    const numbers = createRandom(7).gaussians(2 * 8 * 15);
    [numbers[31], numbers[200]] = [NaN, Infinity];
    const random = createRandom(8);
    const operands = makeOperands({ batch: 2, size: 2, groups: 4, height: 3, width: 5 }, () => 0, random);
    for (const device of [await openTestDevice(), openCpuTestDevice()]) {
      const x = tensor(numbers, operands.x.shape);
      const result = await run(device, normalize({ ...operands, x }), { rules });
      const spoiled = Array.from({ length: 8 }, (_, group) => {
        return result.subarray(group * 30, group * 30 + 30).every(Number.isNaN);
      });
      expect(spoiled).toEqual([false, true, false, false, false, false, true, false]);
      expect([...result].filter(Number.isNaN)).toHaveLength(60);
    }
  });
});

/** What is compared with PyTorch, and the record of how far its float32 is from its float64. */
interface Case {
  readonly name: string;
  readonly groups: number;
  readonly epsilon: number;
  readonly errors: GoldenError;
}

const golden = loadGolden<GoldenProvenance & { readonly cases: readonly Case[] }>(
  fileURLToPath(new URL('../../test/golden/group-norm', import.meta.url)),
);

const devices: readonly { name: string; open(): Promise<WebGLDevice | CpuDevice> }[] = [
  { name: 'WebGL', open: openTestDevice },
  ...cpuVariants.map(({ name, open }) => ({ name: `the CPU, ${name}`, open: async () => open() })),
];

describe.each(devices)('on $name', ({ open }) => {
  test.each(golden.record.cases)('$name equals PyTorch', async ({ name, groups, epsilon }) => {
    const [x, weight, bias] = ['x', 'weight', 'bias'].map((key) => {
      const { data, shape } = golden.array(`${name}.${key}`);
      return tensor(data as Float32Array, shape);
    });
    const operands = { x: x!, weight: weight!, bias: bias!, groups };
    const [normal, activated] = ['normal', 'silu'].map((key) => golden.array(`${name}.${key}.f64`).data);
    const bound = await boundOf(operands, epsilon);
    for (const { rules } of forms) {
      expectClose(await run(await open(), normalize(operands, epsilon), { rules }), normal!, bound, { label: name });
    }
    // The slope of silu is below 1.1.
    const after = (index: number): number => 1.1 * bound(index) + 2 ** -20 * Math.abs(activated![index]!);
    const result = await run(await open(), silu(normalize(operands, epsilon)), { rules: [siluOnWrite] });
    expectClose(result, activated!, after, { label: `${name}, silu` });
  });

  test('262,144 numbers a group, a mean far above the deviation', async () => {
    const random = createRandom(12);
    const given = { batch: 1, size: 4, groups: 2, height: 256, width: 256 };
    const operands = makeOperands(given, () => 1e4 + random.gaussian(), random);
    const bound = await boundOf(operands, 1e-6);
    await expectSameAsReference(await open(), normalize(operands), bound, { rules: [splitGroupNorm] });
  });
});

test('silu joins one norm that nobody else reads', () => {
  const operands = makeOperands({ batch: 1, size: 4, groups: 2, height: 5, width: 13 }, () => 0, createRandom(6));
  const norm = normalize(operands);
  const countFused = (outputs: Tensor[]): number => rewrite(outputs, [siluOnWrite]).applied.get('silu_on_write') ?? 0;
  expect(countFused([silu(norm)])).toBe(1);
  expect(countFused([silu(norm), norm])).toBe(0);
  expect(countFused([silu(silu(norm))])).toBe(1);
});

test('says what is wrong', () => {
  const zeros = (...shape: number[]): Tensor => tensor(new Float32Array(sizeOf(shape)), shape);
  const options = { groups: 2 };
  expect(() => groupNorm(zeros(4, 4), zeros(4), zeros(4), options)).toThrow(/groupNorm: x must be \[B, C, H, W\]/);
  expect(() => groupNorm(zeros(1, 4, 2, 2), zeros(3), zeros(4), options)).toThrow(/weight must be \[4\].*got \[3\]/);
  expect(() => groupNorm(zeros(1, 4, 2, 2), zeros(4), zeros(1, 4), options)).toThrow(/bias must be \[4\]/);
  expect(() => groupNorm(zeros(1, 4, 2, 2), zeros(4), zeros(4), { groups: 3 })).toThrow(/divides the 4 channels/);
  expect(() => groupNorm(zeros(1, 4, 2, 2), zeros(4), zeros(4), { groups: 2, epsilon: -1 })).toThrow(/epsilon/);
});
