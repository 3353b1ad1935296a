/**
 * The second stage against PyTorch: losses, every gradient and the weights after three steps, for every mask and every
 * family, on every kind of device. Ours may be 16 times as far from float64 as PyTorch's own float32 is, or as far as
 * one rounding of each number takes a tensor (design section 5, for sums of one term).
 */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../base/node/package-files.ts';
import { referenceDevice } from '../engine/index.ts';
import type { Device } from '../engine/index.ts';
import { netTensors } from '../nets/weights.ts';
import { openCpuTestDevice } from '../test/helpers/cpu-device.ts';
import { openTestDevice } from '../test/helpers/devices.ts';
import { loadGolden, type GoldenProvenance } from '../test/helpers/golden.ts';
import { findCase } from '../test/helpers/transformer-golden.ts';
import type { Tokenizer } from '../nets/tokenizer/tokenizer.ts';
import type { OptimizerSettings } from './optimizer.ts';
import { Parameters } from './parameters.ts';
import { Trainer } from './trainer.ts';
import { SHORT_TRANSFORMER } from './transformer-recipe.ts';
import { createTransformerTask } from './transformer.ts';

interface TrainingCase {
  readonly name: string;
  /** Of each step: the whole, text and image. */
  readonly losses: readonly (readonly number[])[];
  readonly lossErrors: readonly (readonly number[])[];
  /** Of the gradient of each step, before it is clipped. */
  readonly norms: readonly number[];
  readonly tensors: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly decays: boolean;
    readonly gradientError: number;
    readonly weightError: number;
  }[];
}

const golden = loadGolden<
  GoldenProvenance & {
    readonly rate: number;
    readonly settings: Omit<OptimizerSettings, 'averaging'>;
    readonly cases: readonly TrainingCase[];
  }
>(join(packageRoot, 'test', 'golden', 'transformer-training'));
const { rate, cases } = golden.record;
const settings = { ...golden.record.settings, averaging: 0.5 };

const devices: [string, Device][] = [
  ['cpu', openCpuTestDevice()],
  ['webgl', await openTestDevice()],
  ['reference', referenceDevice],
];

const tokenizer = { vocabularySize: 1, encode: () => [], decode: () => '' } as unknown as Tokenizer;

async function makeTrainer(
  device: Device,
  name: string,
  recomputes = name === 'paper-odd',
  batch = 2,
): Promise<Trainer> {
  const given = findCase(name);
  const recipe = { ...SHORT_TRANSFORMER, optimizer: settings };
  const { task } = createTransformerTask({
    architecture: given.architecture,
    tokenizer,
    batch,
    recipe,
    recomputes,
  });
  const weights = await given.open();
  const numbers = new Map<string, Float32Array>();
  for (const [tensor, { read }] of netTensors(weights)) numbers.set(tensor, await read());
  await weights.close();
  const parameters: Parameters = new Parameters(task.specs, (track) => {
    if (track === 'weights' || track === 'average') return parameters.lay(numbers);
    return new Float32Array(parameters.rows * 256);
  });
  return new Trainer(device, task, parameters);
}

/** The numbers of a golden by tensor, in the order of the record. */
function splitGolden({ name, tensors }: TrainingCase, key: 'gradients' | 'weights'): Map<string, Float64Array> {
  const all = Float64Array.from(golden.array(`${name}.${key}`).data);
  let start = 0;
  return new Map(
    tensors.map(({ name: tensor, shape }) => {
      const count = shape.reduce((product, size) => product * size, 1);
      start += count;
      return [tensor, all.subarray(start - count, start)];
    }),
  );
}

/** Norm-wise; numbers that the golden leaves out are left out. */
function expectNear(actual: Float32Array, expected: Float64Array, error: number, label: string): void {
  let [difference, size] = [0, 0];
  expected.forEach((value, at) => {
    if (Number.isNaN(value)) return;
    difference += (actual[at]! - value) ** 2;
    size += value ** 2;
  });
  const bound = Math.max(16 * error, 8 * 2 ** -24 * Math.sqrt(size));
  expect(Math.sqrt(difference), `${label}: error, of a norm of ${Math.sqrt(size)}`).toBeLessThanOrEqual(bound);
}

describe.each(devices)('three steps are those of PyTorch, on %s', (_, device) => {
  // Shaders of a training step are many, and take their time to compile on a busy machine.
  test.each(cases)('$name', { timeout: 240_000 }, async (given) => {
    const { text, image } = findCase(given.name);
    const trainer = await makeTrainer(device, given.name);
    const { parameters } = trainer;
    for (const { name, decays } of given.tensors) {
      expect(parameters.specs.find((spec) => spec.name === name)!.decays, name).toBe(decays);
    }
    for (const [at, losses] of given.losses.entries()) {
      const { loss, norm, skipped, reports } = await trainer.step(at + 1, rate, [{ text, image }]);
      expect(skipped).toBe(false);
      [loss, reports['text']!, reports['image']!].forEach((value, part) => {
        const bound = Math.max(16 * given.lossErrors[at]![part]!, 8 * 2 ** -24 * losses[part]!);
        expect(Math.abs(value - losses[part]!), `loss ${part} of step ${at}`).toBeLessThanOrEqual(bound);
      });
      expect(Math.abs(norm / given.norms[at]! - 1)).toBeLessThan(1e-5);
      if (at > 0) continue;
      // The first moment of one step is the gradient, scaled.
      const scale = (1 - settings.beta1) * Math.min(1, settings.clip / (norm + 1e-6));
      const moments = parameters.split((await trainer.read()).first);
      const gradients = splitGolden(given, 'gradients');
      for (const { name, gradientError } of given.tensors) {
        const own = moments.get(name)!.map((moment) => moment / scale);
        expectNear(own, gradients.get(name)!, gradientError, `${given.name}: gradient of ${name}`);
      }
    }
    const weights = parameters.split((await trainer.read()).weights);
    const wanted = splitGolden(given, 'weights');
    for (const { name, weightError } of given.tensors) {
      expectNear(weights.get(name)!, wanted.get(name)!, weightError, `${given.name}: ${name} after three steps`);
    }
    trainer.dispose();
  });
});

test('layers that are computed once more take less memory', async () => {
  const runBytes = async (recomputes: boolean): Promise<number> => {
    const trainer = await makeTrainer(openCpuTestDevice(), 'dalle-pytorch-old', recomputes, 16);
    const said = /a run (\d+)/.exec(trainer.explain())![1]!;
    trainer.dispose();
    return Number(said);
  };
  expect(await runBytes(true)).toBeLessThan(0.5 * (await runBytes(false)));
});

test('on the CPU device no step of training is a plain loop', async () => {
  for (const name of ['paper', 'dalle-pytorch-new']) {
    const trainer = await makeTrainer(openCpuTestDevice(), name);
    expect(trainer.explain()).toContain(' 0 of them by a plain loop');
    trainer.dispose();
  }
});

describe('what does not go together is refused', () => {
  const { architecture } = findCase('paper');
  const make = (changes: object): unknown =>
    createTransformerTask({ architecture, tokenizer, batch: 2, ...changes } as never);
  test.each<[object, RegExp]>([
    [{ batch: 0 }, /batch/],
    [{ tokenizer: { ...tokenizer, vocabularySize: 14 } }, /a tokenizer of at most 13 tokens/],
    [{ tokenizer: undefined }, /a tokenizer/],
    [{ architecture: undefined }, /an architecture/],
    [{ architecture: { ...architecture, attention: ['row'] } }, /attention/],
    [{ architecture: { ...architecture, text_length: 1 } }, /two text positions/],
  ])('%j', (changes, said) => {
    expect(() => make(changes)).toThrow(said);
  });

  test('other places than a batch, and seeds that are none', async () => {
    const task = createTransformerTask({ architecture, tokenizer, batch: 2 });
    await expect(task.inputsAt([{ index: 0, epoch: 0, caption: 'x' }], new Int32Array(40))).rejects.toThrow(/2 places/);
    expect(() => task.initialWeights(-1)).toThrow(/seed/);
  });
});
