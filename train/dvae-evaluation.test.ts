/**
 * Hard reconstructions by the weights of a training and by their average, while it goes on; what is counted of codes;
 * and first weights by which codes are in use.
 */
import { afterAll, describe, expect, test } from 'vitest';
import type { Device } from '../engine/index.ts';
import { assign, compile, mul, tensor } from '../ops/index.ts';
import { openCpuTestDevice } from '../test/helpers/cpu-device.ts';
import { openTestDevice } from '../test/helpers/devices.ts';
import { createRandom } from '../test/helpers/random.ts';
import { createDvaeTask } from './dvae.ts';
import { PAPER_RECIPE } from './dvae-recipe.ts';
import { Parameters } from './parameters.ts';
import { Trainer } from './trainer.ts';

const BATCH = 4;
const EACH = 3 * 16 * 16;
const sizes = { n_hid: 8, n_blk_per_group: 1, vocab_size: 32, group_count: 4 };
const options = {
  encoder: { kind: 'dvae-encoder', input_channels: 3, ...sizes },
  decoder: { kind: 'dvae-decoder', n_init: 8, output_channels: 3, ...sizes },
  size: 16,
  batch: BATCH,
} as const;
const made = createDvaeTask(options);
const random = createRandom(11);

/** Of two colours each, above and below: half a plane is one number. */
const pictures = new Float32Array(10 * EACH);
for (let half = 0; half < pictures.length / 128; half++) {
  pictures.fill(random.uniform(), 128 * half, 128 * half + 128);
}

const devices: [string, Device][] = [
  ['webgl', await openTestDevice()],
  ['cpu', openCpuTestDevice()],
];
const open: { dispose(): void }[] = [];
afterAll(() => open.forEach((each) => each.dispose()));

function makeParameters(weights: ReadonlyMap<string, Float32Array>): Parameters {
  const parameters: Parameters = new Parameters(made.task.specs, (track) =>
    track === 'weights' || track === 'average' ? parameters.lay(weights) : new Float32Array(256 * parameters.rows),
  );
  return parameters;
}

describe.each(devices)('%s', (_, device) => {
  test('weights and average are evaluated as they are at the moment', async () => {
    const parameters = makeParameters(await made.spreadCodes(device, made.initialWeights(5), pictures));
    const { weights, average } = parameters.states;
    const shrink = compile(device, () => ({ effects: [assign(weights, mul(weights.tensor, tensor([0.8], [])))] }), {});
    const [now, slow] = [
      made.createEvaluation(device, parameters, 'weights'),
      made.createEvaluation(device, parameters),
    ];
    const read = compile(device, () => ({ weights: weights.tensor, average: average.tensor }), {});
    open.push(shrink, now, slow, read, parameters);
    const before = await now.reconstruct(pictures);
    expect(await slow.reconstruct(pictures)).toEqual(before);
    await shrink.run({});
    const after = await now.reconstruct(pictures);
    expect(after.pixels).not.toEqual(before.pixels);
    expect(await slow.reconstruct(pictures)).toEqual(before);
    // They are what fresh plans say of the same numbers, and each picture is the same in any batch.
    const other = makeParameters(parameters.split((await read.run({})).weights as Float32Array));
    const fresh = made.createEvaluation(device, other, 'weights');
    open.push(fresh, other);
    const alone = await fresh.reconstruct(pictures.slice(9 * EACH));
    expect(alone.pixels).toEqual(after.pixels.slice(9 * EACH));
    expect(alone.codes).toEqual(after.codes.slice(9 * 4));
  });
});

test('a short training sees its pictures better, by hard codes', async () => {
  const device = openCpuTestDevice();
  const parameters = makeParameters(await made.spreadCodes(device, made.initialWeights(5), pictures));
  const trainer = new Trainer(device, made.task, parameters);
  const evaluation = made.createEvaluation(device, parameters);
  open.push(trainer, evaluation);
  const before = await evaluation.score(pictures);
  const steps = 150;
  for (let step = 1; step <= steps; step++) {
    const pixels = pictures.slice((step % 2) * BATCH * EACH, ((step % 2) + 1) * BATCH * EACH);
    const inputs = made.inputsAt(step, steps, 1, [0, 1, 2, 3], pixels);
    const { reports, skipped } = await trainer.step(step, made.rateAt(step, steps), [inputs]);
    expect(skipped).toBe(false);
    expect(Object.keys(reports)).toEqual(made.reportNames);
  }
  expect((await evaluation.score(pictures)).psnr).toBeGreaterThan(before.psnr + 3);
});

test('counts codes, and says how far pictures are', async () => {
  const parameters = makeParameters(made.initialWeights(1));
  const evaluation = made.createEvaluation(openCpuTestDevice(), parameters);
  open.push(evaluation, parameters);
  const [white, grey] = [new Float32Array(2 * EACH).fill(1), new Float32Array(2 * EACH).fill(0.9)];
  const score = evaluation.judge(white, { codes: Int32Array.of(3, 3, 7, 7), pixels: grey });
  expect(score).toMatchObject({ used: 2, dead: 30 });
  expect(score.psnr).toBeCloseTo(20, 4);
  expect(score.perplexity).toBeCloseTo(2, 9);
  await expect(evaluation.score(new Float32Array(EACH + 1))).rejects.toThrow(/whole pictures/);
  await expect(evaluation.score(new Float32Array())).rejects.toThrow(/whole pictures/);
});

test('logits are spread, and more codes are in use', async () => {
  const device = openCpuTestDevice();
  const plain = made.initialWeights(2);
  const spread = await made.spreadCodes(device, plain, pictures);
  const name = 'encoder.blocks.output.conv';
  for (const [other, numbers] of plain) if (!other.startsWith(name)) expect(spread.get(other)).toEqual(numbers);
  // Once more changes nothing: means are 0 and deviations as wanted.
  const again = await made.spreadCodes(device, spread, pictures);
  for (const part of ['w', 'b']) {
    again.get(`${name}.${part}`)!.forEach((value, at) => {
      expect(Math.abs(value - spread.get(`${name}.${part}`)![at]!)).toBeLessThan(1e-3);
    });
  }
  expect(spread.get(`${name}.w`)).not.toEqual(plain.get(`${name}.w`));
  const useOf = async (weights: ReadonlyMap<string, Float32Array>): Promise<number> => {
    const parameters = makeParameters(weights);
    const evaluation = made.createEvaluation(device, parameters);
    open.push(evaluation, parameters);
    return (await evaluation.score(pictures)).perplexity;
  };
  expect(await useOf(spread)).toBeGreaterThan(await useOf(plain));
  expect(await createDvaeTask({ ...options, recipe: PAPER_RECIPE }).spreadCodes(device, plain, pictures)).toBe(plain);
});
