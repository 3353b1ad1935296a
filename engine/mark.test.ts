/**
 * Marks: asked for, they are outputs that keep their numbers whatever the rules do; not asked for, they cost nothing.
 */
import { describe, expect, test } from 'vitest';
import { conv2d, matmul, relu, scaleAdd, softmax, standardRules, tensor, transpose } from '../ops/index.ts';
import { expectClose } from '../test/helpers/close.ts';
import { openTestDevice } from '../test/helpers/devices.ts';
import { createRandom } from '../test/helpers/random.ts';
import { integerTensor } from '../test/helpers/shapes.ts';
import { compile, findMarked, interpret, mark, placeholder, referenceDevice, sizeOf } from './index.ts';
import type { Tensor } from './index.ts';

const device = await openTestDevice();
const random = createRandom(20261130);
const weight = integerTensor(random, [4, 4, 3, 3], -8, 8);
const shape = [1, 4, 5, 7] as const;
const x = Float32Array.from(random.integers(sizeOf(shape), -8, 8));

/** A block whose convolutions take ReLU and residual into their draws. */
const block = (x: Tensor, name: (tensor: Tensor, name: string) => Tensor): Tensor => {
  const inner = name(conv2d(relu(x), weight), 'inner');
  return scaleAdd(x, name(conv2d(name(relu(inner), 'clipped'), weight), 'branch'), 0.5);
};
const unmarked = (tensor: Tensor): Tensor => tensor;

describe('marks that nobody asks for', () => {
  test('change no draw', () => {
    const [plain, marked] = [unmarked, mark].map((name) =>
      compile(device, ({ x }) => block(x, name), { x: shape }, { rules: standardRules }),
    );
    expect(marked!.draws!.passes.map(({ shader }) => shader)).toEqual(plain!.draws!.passes.map(({ shader }) => shader));
    expect(marked!.applied).toEqual(plain!.applied);
  });
});

describe('marks that are asked for', () => {
  test.each([device, referenceDevice])('come out of $kind beside the result', async (on) => {
    const trace = ({ x }: { x: Tensor }): Record<string, Tensor> => {
      const y = block(x, mark);
      return { y, ...findMarked(y) };
    };
    const plan = compile(on, trace, { x: shape }, { rules: standardRules });
    const actual = await plan.run({ x });
    const given = tensor(x, shape);
    const inner = conv2d(relu(given), weight);
    const branch = conv2d(relu(inner), weight);
    const expected = { y: scaleAdd(given, branch, 0.5), inner, clipped: relu(inner), branch };
    expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
    for (const [name, graph] of Object.entries(expected)) {
      const [numbers] = await interpret([graph]);
      expectClose(actual[name]!, numbers!, 0, { label: name });
    }
    plan.dispose();
  });

  test('show what attention looks at, in a net that was written without them in mind', async () => {
    const attend = (q: Tensor, k: Tensor, v: Tensor): Tensor =>
      matmul(mark(softmax(matmul(q, transpose(k, [1, 0]))), 'attention_weights'), v);
    const trace = ({ q }: { q: Tensor }): { y: Tensor; attention_weights: Tensor } => {
      const y = attend(q, q, q);
      return { y, attention_weights: findMarked(y, ['attention_weights'])['attention_weights']! };
    };
    const plan = compile(device, trace, { q: [3, 4] }, { rules: standardRules });
    const { attention_weights: weights } = await plan.run({ q: random.gaussians(12) });
    const rows = [0, 1, 2].map((row) => weights[row * 3]! + weights[row * 3 + 1]! + weights[row * 3 + 2]!);
    expectClose(rows, [1, 1, 1], 1e-6);
    plan.dispose();
  });
});

test('names that are not there, or there twice, are refused', () => {
  const a = mark(placeholder('a', { shape: [2], dtype: 'f32' }), 'a');
  expect(() => findMarked(a, ['b'])).toThrow(/nothing is marked b. There are: a\./);
  expect(() => findMarked(mark(a, 'a'))).toThrow(/two tensors are marked a/);
  expect(findMarked(relu(a), [])).toEqual({});
  expect(Object.keys(findMarked(mark(relu(a), 'b')))).toEqual(['a', 'b']);
});
