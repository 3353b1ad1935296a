/**
 * AdamW on every kind of device, against the plain loop of the paper in float64: a few steps on a loss whose gradient
 * is known, with clipping, decay of matrices only, the average, and a step that is not finite.
 */
import { describe, expect, test } from 'vitest';
import { referenceDevice } from '../engine/index.ts';
import type { Device, Tensor } from '../engine/index.ts';
import { add, compile, gradients, mul, sum, tensor } from '../ops/index.ts';
import { openCpuTestDevice } from '../test/helpers/cpu-device.ts';
import { openTestDevice } from '../test/helpers/devices.ts';
import { createRandom } from '../test/helpers/random.ts';
import { RATES, optimize, ratesAt } from './optimizer.ts';
import { Parameters, TRACKS } from './parameters.ts';
import type { Track } from './parameters.ts';

const devices: [string, Device][] = [
  ['webgl', await openTestDevice()],
  ['cpu', openCpuTestDevice()],
  ['reference', referenceDevice],
];

const settings = { beta1: 0.9, beta2: 0.99, epsilon: 1e-6, decay: 0.1, clip: 2, averaging: 0.3 };
const specs = [
  { name: 'w', shape: [3, 100], decays: true },
  { name: 'b', shape: [5], decays: false },
];
const random = createRandom(15);
const initial = new Map(specs.map(({ name, shape }) => [name, random.gaussians(shape.reduce((a, b) => a * b))]));
const pulls = new Map(specs.map(({ name, shape }) => [name, random.gaussians(shape.reduce((a, b) => a * b))]));

const pull = (name: string): Tensor => tensor(pulls.get(name)!, specs.find((spec) => spec.name === name)!.shape);

function makeParameters(): Parameters {
  const parameters: Parameters = new Parameters(specs, (track: Track) => {
    if (track === 'weights' || track === 'average') return parameters.lay(initial);
    return new Float32Array(parameters.rows * 256);
  });
  return parameters;
}

/** The loss ½Σw² + Σ pull·w, whose gradient is w + pull. */
function stepPlainly(state: Map<string, Record<Track, Float64Array>>, step: number, rate: number): void {
  const gradientOf = (name: string): Float64Array => state.get(name)!.weights.map((w, i) => w + pulls.get(name)![i]!);
  const all = specs.map(({ name }) => gradientOf(name));
  const norm = Math.sqrt(all.flatMap((gradient) => [...gradient]).reduce((total, g) => total + g * g, 0));
  const scale = Math.min(1, settings.clip / (norm + 1e-6));
  specs.forEach(({ name, decays }, at) => {
    const { weights, first, second, average } = state.get(name)!;
    all[at]!.forEach((raw, i) => {
      const g = raw * scale;
      first[i] = settings.beta1 * first[i]! + (1 - settings.beta1) * g;
      second[i] = settings.beta2 * second[i]! + (1 - settings.beta2) * g * g;
      const m = first[i]! / (1 - settings.beta1 ** step);
      const v = second[i]! / (1 - settings.beta2 ** step);
      weights[i] =
        weights[i]! * (1 - rate * (decays ? settings.decay : 0)) - (rate * m) / (Math.sqrt(v) + settings.epsilon);
      const kept = Math.min(settings.averaging, step / (step + 9));
      average[i] = kept * average[i]! + (1 - kept) * weights[i]!;
    });
  });
}

describe.each(devices)('%s', (_, device) => {
  test('five steps are those of the plain loop, and one that is not finite changes nothing', async () => {
    const parameters = makeParameters();
    const train = compile(
      device,
      ({ rates, spoil }) => {
        const tree = parameters.tree();
        const half = mul(spoil, sum(mul(tree.get('w'), tree.get('w')))); // ½ unless it is spoilt
        const b = tree.get('b');
        const loss = [sum(mul(tree.get('w'), pull('w'))), sum(mul(b, pull('b'))), mul(spoil, sum(mul(b, b)))].reduce(
          add,
          half,
        );
        const { effects, squares, scale } = optimize(
          parameters,
          parameters.join(gradients(loss, parameters.list())),
          rates,
          settings,
        );
        return { loss, squares, scale, effects };
      },
      { rates: [RATES], spoil: [] },
    );
    const read = compile(
      device,
      () => Object.fromEntries(TRACKS.map((track) => [track, parameters.states[track].tensor])) as Record<Track, never>,
      {},
    );
    const plain = new Map(
      specs.map(({ name }) => {
        const numbers = Float64Array.from(initial.get(name)!);
        const zeros = new Float64Array(numbers.length);
        return [name, { weights: numbers, first: zeros.slice(), second: zeros.slice(), average: numbers.slice() }];
      }),
    );
    for (let step = 1; step <= 5; step++) {
      const result = await train.run({ rates: ratesAt(step, 0.05 / step, settings), spoil: [0.5] });
      expect(Number.isFinite(result.loss[0])).toBe(true);
      stepPlainly(plain, step, 0.05 / step);
    }
    const before = await read.run({});
    for (const track of TRACKS) {
      for (const [name, numbers] of parameters.split(before[track] as Float32Array)) {
        const expected = plain.get(name)![track];
        numbers.forEach((value, i) =>
          expect(Math.abs(value - expected[i]!)).toBeLessThan(2 ** -18 * (1 + Math.abs(expected[i]!))),
        );
      }
    }
    const spoilt = await train.run({ rates: ratesAt(6, 0.05, settings), spoil: [Infinity] });
    expect([...spoilt.scale]).toEqual([-1]);
    const after = await read.run({});
    for (const track of ['weights', 'first', 'second'] as const) expect(after[track]).toEqual(before[track]);
    train.dispose();
    read.dispose();
    parameters.dispose();
  });
});
