/**
 * The dVAE's training against PyTorch's (test/golden/dvae-training): loss, every gradient and three steps of AdamW, on
 * every kind of device, for the paper's objective and for ours.
 */
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { referenceDevice } from '../engine/index.ts';
import type { Device, RunInputs, TensorType } from '../engine/index.ts';
import { SCHEDULE } from '../nets/dvae/loss.ts';
import type { DvaeObjective, LossWeights } from '../nets/dvae/loss.ts';
import type { DecoderArchitecture, EncoderArchitecture } from '../nets/dvae/architecture.ts';
import { compile, gradients } from '../ops/index.ts';
import { openCpuTestDevice } from '../test/helpers/cpu-device.ts';
import { openTestDevice } from '../test/helpers/devices.ts';
import { loadGolden } from '../test/helpers/golden.ts';
import type { GoldenProvenance } from '../test/helpers/golden.ts';
import { createDvaeTask, traceDvaeLoss } from './dvae.ts';
import { PAPER_RECIPE } from './dvae-recipe.ts';
import { Parameters } from './parameters.ts';
import { Trainer } from './trainer.ts';

/** Norm of a tensor in float64, and how far PyTorch's fp32 is from it. */
interface Distance {
  readonly norm: number;
  readonly error: number;
}

interface TrainingCase {
  readonly name: string;
  readonly objective: DvaeObjective;
  readonly schedule: LossWeights;
  /** Of each step, by name. */
  readonly terms: readonly Readonly<Record<string, number>>[];
  readonly termErrors: readonly Readonly<Record<string, number>>[];
  readonly gradients: Readonly<Record<string, Distance>>;
  readonly weights: Readonly<Record<string, Distance>>;
}

interface TrainingRecord extends GoldenProvenance {
  readonly encoder: Omit<EncoderArchitecture, 'kind' | 'group_count'>;
  readonly decoder: Omit<DecoderArchitecture, 'kind' | 'group_count'>;
  readonly optimizer: Readonly<Record<'rate' | 'beta1' | 'beta2' | 'epsilon' | 'decay' | 'clip', number>>;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly cases: readonly TrainingCase[];
}

const golden = loadGolden<TrainingRecord>(fileURLToPath(new URL('../test/golden/dvae-training', import.meta.url)));
const { record } = golden;
const nets = {
  encoder: { kind: 'dvae-encoder', group_count: 4, ...record.encoder },
  decoder: { kind: 'dvae-decoder', group_count: 4, ...record.decoder },
} as const;
const { task, reportNames } = createDvaeTask({ ...nets, size: 16, batch: 2 });
const { specs } = task;
const pixels = golden.array('pixels').data as Float32Array;
const uniforms = golden.array('uniforms').data as Float32Array;
const given: Record<string, TensorType> = {
  pixels: { shape: golden.array('pixels').shape, dtype: 'f32' },
  uniforms: { shape: golden.array('uniforms').shape.slice(1), dtype: 'f32' },
  schedule: { shape: [SCHEDULE.length], dtype: 'f32' },
};

const devices: [string, Device][] = [
  ['webgl', await openTestDevice()],
  ['cpu', openCpuTestDevice()],
  ['reference', referenceDevice],
];

/** The tensors of a file, by name. */
function readTensors(file: string): Map<string, Float32Array> {
  const all = golden.array(file).data as Float32Array;
  let start = 0;
  return new Map(
    Object.entries(record.shapes).map(([name, shape]) => {
      const count = shape.reduce((product, size) => product * size, 1);
      return [name, all.slice(start, (start += count))];
    }),
  );
}

function makeParameters(): Parameters {
  const parameters: Parameters = new Parameters(specs, (track) =>
    track === 'weights' || track === 'average'
      ? parameters.lay(readTensors('start'))
      : new Float32Array(256 * parameters.rows),
  );
  return parameters;
}

function inputsOf({ schedule }: TrainingCase, step: number): RunInputs {
  const each = uniforms.length / golden.array('uniforms').shape[0]!;
  return {
    pixels,
    uniforms: uniforms.slice((step - 1) * each, step * each),
    schedule: SCHEDULE.map((name) => schedule[name]),
  };
}

const norm = (values: Float32Array): number => Math.sqrt(values.reduce((total, value) => total + value ** 2, 0));

/** 16 times PyTorch's own error, and what eight roundings to fp32 of each number would be. */
function expectNear(name: string, actual: Float32Array, expected: Float32Array, { norm: size, error }: Distance): void {
  const distance = norm(expected.map((value, at) => actual[at]! - value));
  expect(distance, `${name}, of norm ${size}`).toBeLessThanOrEqual(Math.max(16 * error, 8 * 2 ** -24 * size));
}

const open: { dispose(): void }[] = [];
afterAll(() => open.forEach((each) => each.dispose()));

// A first plan of WebGL compiles every shader of the way back.
describe.each(devices)('%s', { timeout: 300_000 }, (_, device) => {
  test.each(record.cases)('$name: loss and gradients', async (golden) => {
    const parameters = makeParameters();
    const plan = compile(
      device,
      ({ pixels, uniforms, schedule }) => {
        const { loss, reports } = traceDvaeLoss(
          nets,
          parameters.tree(),
          { pixels: pixels!, uniforms: uniforms!, schedule: schedule! },
          golden.objective,
        );
        const all = gradients(loss, parameters.list());
        return { loss, ...reports, ...Object.fromEntries(specs.map(({ name }, at) => [name, all[at]!])) };
      },
      given,
    );
    open.push(plan, parameters);
    const result: Readonly<Record<string, unknown>> = await plan.run(inputsOf(golden, 1));
    for (const name of ['loss', ...reportNames]) {
      const expected = golden.terms[0]![name]!;
      const bound = Math.max(16 * golden.termErrors[0]![name]!, 8 * 2 ** -24 * Math.max(1, Math.abs(expected)));
      expect(Math.abs((result[name] as Float32Array)[0]! - expected), name).toBeLessThanOrEqual(bound);
    }
    const expected = readTensors(`${golden.name}.gradients`);
    for (const { name } of specs) {
      expectNear(name, result[name] as Float32Array, expected.get(name)!, golden.gradients[name]!);
    }
  });

  test.each(record.cases)('$name: three steps', async (golden) => {
    const { rate, beta1, beta2, epsilon, decay, clip } = record.optimizer;
    const parameters = makeParameters();
    const trainer = new Trainer(
      device,
      {
        specs,
        inputs: given,
        settings: { beta1, beta2, epsilon, decay, clip, averaging: 0.9 },
        computeLoss: (weights, { pixels, uniforms, schedule }) =>
          traceDvaeLoss(nets, weights, { pixels: pixels!, uniforms: uniforms!, schedule: schedule! }, golden.objective),
      },
      parameters,
    );
    open.push(trainer);
    for (const [at, terms] of golden.terms.entries()) {
      const report = await trainer.step(at + 1, rate, [inputsOf(golden, at + 1)]);
      const bound = (name: string): number =>
        Math.max(16 * golden.termErrors[at]![name]!, 2 ** -18 * Math.abs(terms[name]!));
      expect(Math.abs(report.loss - terms['loss']!)).toBeLessThanOrEqual(bound('loss'));
      expect(Math.abs(report.norm - terms['norm']!)).toBeLessThanOrEqual(bound('norm'));
      expect(report.skipped).toBe(false);
    }
    const weights = parameters.split((await trainer.read()).weights);
    const expected = readTensors(`${golden.name}.weights`);
    for (const { name } of specs) expectNear(name, weights.get(name)!, expected.get(name)!, golden.weights[name]!);
  });
});

test('a step on the CPU has a kernel for everything, and the fast ones of convolutions both ways', () => {
  const sizes = { n_hid: 32, n_blk_per_group: 1, vocab_size: 256 };
  const { task, initialWeights } = createDvaeTask({
    encoder: { ...nets.encoder, ...sizes },
    decoder: { ...nets.decoder, ...sizes },
    size: 32,
    batch: 2,
  });
  const parameters: Parameters = new Parameters(task.specs, () => parameters.lay(initialWeights(1)));
  const trainer = new Trainer(openCpuTestDevice(), task, parameters);
  open.push(trainer);
  const words = trainer.explain();
  expect(words).toMatch(/ steps, 0 of them by a plain loop/);
  // Forward and by the input each convolution has one; the first has no gradient by the pictures.
  const count = (op: string): number => words.match(new RegExp(`^\\d+\\. ${op} `, 'gm'))?.length ?? 0;
  const convolutions = task.specs.length / 2;
  expect(count('packed_conv2d') + count('winograd_conv2d')).toBe(2 * convolutions - 1);
  expect(count('conv2d_by_weight') + count('winograd_by_weight')).toBe(convolutions);
  expect(count('conv2d')).toBe(0);
});

test('weights begin as in OpenAI’s package, times what the recipe says, and are a function of the seed', () => {
  const weights = createDvaeTask({ ...nets, size: 16, batch: 2, recipe: PAPER_RECIPE }).initialWeights(3);
  expect([...weights.keys()].sort()).toEqual(Object.keys(record.shapes).sort());
  const { 'encoder.blocks.group_4.block_1.res_path.conv_1.w': shape } = record.shapes;
  const first = weights.get('encoder.blocks.group_4.block_1.res_path.conv_1.w')!;
  const fanIn = shape![1]! * 9;
  expect(first.length).toBe(shape![0]! * fanIn);
  expect(norm(first) / Math.sqrt(first.length)).toBeCloseTo(1 / Math.sqrt(fanIn), 3);
  expect(norm(weights.get('encoder.blocks.input.b')!)).toBe(0);
  expect(createDvaeTask({ ...nets, size: 16, batch: 2, recipe: PAPER_RECIPE }).initialWeights(3)).toEqual(weights);
  expect(createDvaeTask({ ...nets, size: 16, batch: 2 }).initialWeights(4)).not.toEqual(weights);
});

test('noise goes by the sample: two parts are the whole batch', async () => {
  const tasks = [4, 2].map((batch) => createDvaeTask({ ...nets, size: 16, batch, recipe: PAPER_RECIPE }));
  const [whole, parted] = tasks.map(
    ({ task }, at) => new Trainer(openCpuTestDevice(), task, makeParameters(), at + 1),
  ) as [Trainer, Trainer];
  open.push(whole, parted);
  const four = Float32Array.from([...pixels, ...pixels.map((value) => 1 - value)]);
  const half = pixels.length;
  for (const step of [1, 2]) {
    const [one, two] = tasks.map(({ inputsAt }, at) =>
      at === 0
        ? [inputsAt(step, 2, 7, [0, 1, 2, 3], four)]
        : [0, 1].map((part) =>
            inputsAt(step, 2, 7, [2 * part, 2 * part + 1], four.slice(part * half, (part + 1) * half)),
          ),
    ) as [RunInputs[], RunInputs[]];
    const a = await whole.step(step, 1e-4, one);
    const b = await parted.step(step, 1e-4, two);
    expect(Math.abs(a.loss - b.loss)).toBeLessThan(1e-5);
    expect(Math.abs(a.norm - b.norm)).toBeLessThan(1e-4 * a.norm);
  }
});

test('says what is wrong', () => {
  const fails = (options: object) => expect(() => createDvaeTask({ ...nets, size: 16, batch: 2, ...options }));
  fails({ size: 12 }).toThrow(/size, a multiple of 8/);
  fails({ batch: 0 }).toThrow(/batch/);
  fails({ decoder: { ...nets.decoder, vocab_size: 5 } }).toThrow(/decoder of the encoder's 32 codes/);
  expect(() => createDvaeTask({ ...nets, size: 16, batch: 2 }).initialWeights(-1)).toThrow(/seed/);
});
