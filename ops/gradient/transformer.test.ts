/**
 * The way back through a layer of a transformer, with a table, dense attention, LayerNorm, gelu and cross-entropy: on
 * every kind of device, with the rules of its plans, against the float64 interpreter.
 */
import { describe, expect, test } from 'vitest';
import { interpret, placeholder, sizeOf, tensor } from '../../engine/index.ts';
import type { Device, Shape, Tensor } from '../../engine/index.ts';
import { cpuVariants } from '../../test/helpers/cpu-device.ts';
import { openTestDevice } from '../../test/helpers/devices.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { add, compile, crossEntropy, embed, gelu, gradients, layerNorm, linear, matmul, mean } from '../index.ts';
import { mul, reshape, slice, softmax, transpose } from '../index.ts';

/** Sequences, positions, channels, heads and classes: rows are long enough for rules that split them. */
const [S, T, C, N, V] = [2, 19, 48, 3, 70];
const D = C / N;

const shapes: Readonly<Record<string, Shape>> = {
  table: [V, C],
  positions: [T, C],
  gain: [C],
  shift: [C],
  qkv: [3 * C, C],
  qkvBias: [3 * C],
  out: [C, C],
  up: [4 * C, C],
  upBias: [4 * C],
  down: [C, 4 * C],
  head: [V, C],
  headBias: [V],
};
const random = createRandom(20261201);
const numbers = Object.fromEntries(
  Object.entries(shapes).map(([name, shape]) => [name, random.gaussians(sizeOf(shape), 0.3)]),
);
const tokens = random.integers(S * T, 0, V - 1);
const targets = random.integers(S * T, 0, V - 1);

function attend(qkv: Tensor): Tensor {
  const [queries, keys, values] = [0, 1, 2].map((part) => {
    const rows = slice(qkv, [0, part * C], [S * T, C]);
    return reshape(transpose(reshape(rows, [S, T, N, D]), [0, 2, 1, 3]), [S * N, T, D]);
  }) as [Tensor, Tensor, Tensor];
  const hidden = Float32Array.from({ length: T * T }, (_, at) => (at % T <= Math.floor(at / T) ? 0 : -1e9));
  const products = mul(matmul(queries, keys, undefined, { transposeB: true }), tensor([D ** -0.5], []));
  const shares = softmax(add(products, tensor(hidden, [T, T])));
  const joined = transpose(reshape(matmul(shares, values), [S, N, T, D]), [0, 2, 1, 3]);
  return reshape(joined, [S * T, C]);
}

function lossOf(w: Readonly<Record<string, Tensor>>): Tensor {
  const at = (name: string): Tensor => w[name]!;
  const norm = (x: Tensor): Tensor => layerNorm(x, at('gain'), at('shift'));
  const start = tensor([0], [1], 'i32');
  let x = embed(tensor(tokens, [S, T], 'i32'), at('table'), at('positions'), start); // [S·T, C]
  x = add(x, linear(attend(linear(norm(x), at('qkv'), at('qkvBias'))), at('out')));
  x = add(x, linear(gelu(linear(norm(x), at('up'), at('upBias'))), at('down')));
  return mean(crossEntropy(linear(norm(x), at('head'), at('headBias')), tensor(targets, [S * T], 'i32')));
}

const names = Object.keys(shapes);

/** The loss, and its gradients by the weights' names. */
function trace(w: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  const loss = lossOf(w);
  const all = gradients(loss, names.map((name) => w[name]!)); // prettier-ignore
  return { loss, ...Object.fromEntries(names.map((name, at) => [name, all[at]!])) };
}

const devices: readonly { name: string; open(): Promise<Device> }[] = [
  { name: 'WebGL', open: openTestDevice },
  ...cpuVariants.map(({ name, open }) => ({ name: `the CPU, ${name}`, open: async () => open() })),
];

describe.each(devices)('on $name', ({ open }) => {
  test('loss and gradients by all weights', async () => {
    const inputs = names.map((name) => [name, placeholder(name, { shape: shapes[name]!, dtype: 'f32' })] as const);
    const graph = trace(Object.fromEntries(inputs));
    const expected = await interpret(Object.values(graph), numbers);
    using plan = compile(await open(), trace, shapes);
    const actual = await plan.run(numbers);
    for (const [at, name] of Object.keys(graph).entries()) {
      const [mine, truth] = [actual[name]!, expected[at]!];
      const size = Math.sqrt(truth.reduce((sum, value) => sum + value ** 2, 0));
      const error = Math.sqrt(truth.reduce((sum, value, i) => sum + (mine[i]! - value) ** 2, 0));
      // A handful of roundings at each of some thirty steps in a row, of sums of up to 192.
      expect(error / size, name).toBeLessThan(2 ** -19);
      expect(size, name).toBeGreaterThan(0);
    }
  });
});
