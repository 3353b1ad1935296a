/**
 * Plans on a device: they run again and again, share memory and give it back, stop when asked, refuse wrong inputs,
 * and say what is wrong when a shader is.
 */
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  add,
  concat,
  conv2d,
  matmul,
  mul,
  relu,
  reshape,
  standardRules,
  sum,
  tensor,
  transpose,
} from '../../ops/index.ts';
import { openTestDevice } from '../../test/helpers/devices.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { WebGLDevice, compile, interpret, referenceDevice, run } from '../index.ts';
import type { Op, Tensor } from '../index.ts';
import { apply } from '../tensor.ts';

const device = await openTestDevice();
const rules = standardRules;
const liveBefore = device.gpu.textures.ledger().liveTextures;
afterEach(() => expect(device.gpu.textures.ledger().liveTextures).toBe(liveBefore));

const ones = (...shape: number[]): Tensor => tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1), shape);

describe('a plan', () => {
  test('runs on new inputs, and returns what the function returned', async () => {
    const w = tensor([1, 2, 3, 4], [2, 2]);
    const plan = compile(device, ({ x }) => ({ product: matmul(x, w), total: sum(x) }), { x: [1, 2] }, { rules });
    expect(await plan.run({ x: [1, 0] })).toEqual({ product: Float32Array.of(1, 2), total: Float32Array.of(1) });
    expect(await plan.run({ x: [0, 1] })).toEqual({ product: Float32Array.of(3, 4), total: Float32Array.of(1) });
    plan.dispose();
    plan.dispose();
  });

  test('a result that is an input, or wanted twice, is returned', async () => {
    const plan = compile(device, ({ x }) => ({ x, first: relu(x), second: relu(x) }), { x: [3] }, { rules });
    const given = Float32Array.of(-1, 0, 2);
    expect(await plan.run({ x: given })).toEqual({
      x: given,
      first: Float32Array.of(0, 0, 2),
      second: Float32Array.of(0, 0, 2),
    });
    plan.dispose();
  });

  test('reuses the textures of passes that are done', async () => {
    const plan = compile(device, ({ x }) => relu(add(relu(add(relu(x), x)), x)), { x: [1, 64, 32, 32] }, { rules: [] });
    const bytes = 64 * 32 * 32 * 4;
    expect(plan.draws!.peakBytes).toBe(3 * bytes); // x, one being read, one being written
    plan.dispose();
  });

  test('explains itself', () => {
    const plan = compile(device, ({ x }) => conv2d(relu(x), ones(4, 4, 3, 3)), { x: [1, 4, 8, 8] }, { rules });
    expect(plan.explain()).toMatch(
      /1 passes by 1 programs on .*\nprecision: full\n.*weights.*\nrewrites: pack_conv2d ×1, relu_on_read ×1\n/,
    );
    expect(plan.explain()).toMatch(/packed_conv2d \{3×3, relu on read\}/);
    expect(plan.explain({ shaders: true })).toMatch(/#version 300 es/);
  });

  test('says how long each pass took', async () => {
    const plan = compile(device, ({ x }) => matmul(x, ones(4, 4)), { x: [4, 4] }, { rules });
    const [timing] = await plan.profile({ x: new Float32Array(16) });
    expect(timing).toMatchObject({ name: 'matmul', macs: 64 });
    expect(timing!.milliseconds).toBeGreaterThan(0);
    plan.dispose();
  });

  test('refuses inputs that are missing or of another size', async () => {
    const plan = compile(device, ({ x }) => relu(x), { x: [2, 2] }, { rules });
    await expect(plan.run({})).rejects.toMatchObject({ code: 'E_INPUT' });
    await expect(plan.run({ x: [1, 2, 3] })).rejects.toThrow(/4 numbers for shape \[2, 2\], got 3/);
    plan.dispose();
  });

  test('stops when asked, between passes, and leaves nothing behind', async () => {
    const controller = new AbortController();
    const plan = compile(device, ({ x }) => relu(add(relu(x), x)), { x: [8] }, { rules: [] });
    const onProgress = ({ done }: { done: number }): void => void (done === 1 && controller.abort());
    const running = plan.run({ x: new Float32Array(8) }, { signal: controller.signal, onProgress });
    await expect(running).rejects.toMatchObject({ code: 'E_ABORTED' });
    plan.dispose();
  });

  test('a shader that does not compile is shown, numbered, with the driver’s words', async () => {
    const broken: Op<undefined> = {
      name: 'broken',
      infer: ([x]) => x!,
      reference() {},
      kernels: { webgl: { shader: () => '#version 300 es\nvoid main() { nonsense }\n' } },
    };
    const running = run(device, apply(broken, [ones(1)], undefined), { rules });
    await expect(running).rejects.toMatchObject({
      code: 'E_GL_COMPILE',
      message: expect.stringMatching(/ 2 void main/),
    });
  });
});

test('what is no tensor is refused where it is given', () => {
  const refuse = (make: () => unknown, code: string): void => {
    expect(make).toThrow(expect.objectContaining({ code }));
  };
  refuse(() => compile(device, () => undefined as unknown as Tensor, {}, { rules }), 'E_ATTRIBUTE');
  refuse(() => compile(device, () => ({}), {}, { rules }), 'E_ATTRIBUTE');
  refuse(() => tensor([2 ** 24 + 1], [1], 'i32'), 'E_DTYPE');
  refuse(() => tensor([1.5], [1], 'i32'), 'E_DTYPE');
});

describe('plans that are used and disposed at once', () => {
  const make = (): ReturnType<typeof compile<{ x: number[] }, Tensor>> =>
    compile(device, ({ x }) => matmul(x, ones(4, 4)), { x: [4, 4] }, { rules });
  const x = new Float32Array(16).fill(1);

  test('first runs that overlap upload the weights once', async () => {
    const plan = make();
    const before = device.gpu.textures.ledger().weightBytes;
    await Promise.all([plan.run({ x }), plan.run({ x }), plan.run({ x })]);
    expect(device.gpu.textures.ledger().weightBytes - before).toBe(plan.draws!.constantBytes);
    plan.dispose();
    expect(device.gpu.textures.ledger().weightBytes).toBe(before);
  });

  test('a run that is under way ends well, and then everything is freed', async () => {
    const plan = make();
    const running = plan.run({ x });
    plan.dispose();
    expect([...(await running)]).toEqual(new Array(16).fill(4));
    await expect(plan.run({ x })).rejects.toMatchObject({ code: 'E_DISPOSED' });
    await expect(plan.prepare()).rejects.toMatchObject({ code: 'E_DISPOSED' });
  });

  test('one caller’s wish to stop does not stop the other', async () => {
    const plan = make();
    const controller = new AbortController();
    const stopped = plan.run({ x }, { signal: controller.signal });
    const wanted = plan.run({ x });
    controller.abort();
    await expect(stopped).rejects.toMatchObject({ code: 'E_ABORTED' });
    expect([...(await wanted)]).toEqual(new Array(16).fill(4));
    plan.dispose();
  });
});

describe('the reference device', () => {
  const plan = compile(referenceDevice, ({ x }) => relu(relu(x)), { x: [2] }, { rules });

  test('checks its inputs as every device does', async () => {
    await expect(plan.run({})).rejects.toMatchObject({ code: 'E_INPUT' });
    await expect(plan.run({ x: [1] })).rejects.toMatchObject({ code: 'E_INPUT' });
    expect([...(await plan.run({ x: [-1, 1] }))]).toEqual([0, 1]);
  });

  test('stops when asked, and tells how far it is', async () => {
    const controller = new AbortController();
    const told: number[] = [];
    const onProgress = ({ done }: { done: number }): void => {
      told.push(done);
      if (done === 1) controller.abort();
    };
    await expect(plan.run({ x: [1, 2] }, { signal: controller.signal, onProgress })).rejects.toMatchObject({
      code: 'E_ABORTED',
    });
    expect(told).toEqual([0, 1]);
  });
});

describe('random graphs', () => {
  /** Grows a graph over [4, 6] matrices, keeping every intermediate reachable. */
  function grow(choices: readonly number[], seed: number): Tensor {
    const random = createRandom(seed);
    const nodes: Tensor[] = [0, 1].map(() => tensor(random.integers(24, -3, 3), [4, 6]));
    const pick = (choice: number): Tensor => nodes[choice % nodes.length]!;
    const clip = (x: Tensor): Tensor => relu(add(x, tensor([1], [])));
    for (const choice of choices) {
      const [a, b] = [pick(choice >> 4), pick(choice >> 8)];
      const makers = [
        () => add(a, b),
        () => clip(a),
        () => reshape(transpose(a, [1, 0]), [4, 6]),
        () => mul(a, tensor([-1], [1])),
        () => transpose(reshape(concat([a, b], 0), [12, 4]), [1, 0]),
      ];
      const made = makers[choice % makers.length]!();
      nodes.push(made.shape[1] === 6 ? made : reshape(sum(reshape(made, [2, 24]), [0]), [4, 6]));
    }
    return nodes.reduce((total, node) => add(total, node));
  }

  test('equal the reference and leave no texture behind', async () => {
    const check = async (choices: number[], seed: number): Promise<void> => {
      const graph = grow(choices, seed);
      const [expected] = await interpret([graph]);
      expect([...(await run(device, graph, { rules }))]).toEqual([...expected!]);
    };
    const choices = fc.array(fc.nat({ max: 2 ** 12 }), { maxLength: 8 });
    await fc.assert(fc.asyncProperty(choices, fc.nat(), check), { seed: 4, numRuns: 40 });
  });
});

test('a loss that getError tells of first is a loss, and the device knows it from then on', async () => {
  const own = new WebGLDevice({ ...device.source, dispose() {} });
  const getError = vi.spyOn(own.gl, 'getError').mockReturnValueOnce(own.gl.CONTEXT_LOST_WEBGL);
  expect(() => own.gpu.checkUsable('run')).toThrow(expect.objectContaining({ code: 'E_GL_LOST' }));
  getError.mockRestore();
  expect(own.isUsable).toBe(false);
  await expect(run(own, ones(1), { rules })).rejects.toMatchObject({ code: 'E_GL_LOST' });
  own.dispose();
});

describe('inputs are taken when a run is asked for', () => {
  const x = (): Float32Array => Float32Array.from({ length: 8 }, (_, at) => at);
  const changes: Readonly<Record<string, (given: Float32Array) => unknown>> = {
    'filled anew': (given) => given.fill(0),
    'handed to a worker': (given) => structuredClone(given, { transfer: [given.buffer as ArrayBuffer] }),
  };
  test.each(Object.entries(changes))('and may be %s at once', async (_name, change) => {
    for (const each of [device, referenceDevice]) {
      const plan = compile(each, (inputs) => add(inputs.x, inputs.x), { x: [8] }, { rules });
      for (const turns of [0, 1, 5]) {
        const given = x();
        const running = plan.run({ x: given });
        for (let turn = 0; turn < turns; turn++) await Promise.resolve();
        change(given);
        expect([...((await running) as Float32Array)]).toEqual([...x().map((number) => 2 * number)]);
      }
      plan.dispose();
    }
  });

  test('and runs that overlap, or follow each other with arrays of another kind, keep theirs apart', async () => {
    const plan = compile(device, (inputs) => add(inputs.x, inputs.x), { x: [8] }, { rules });
    const given = [x(), x().map((number) => 20 + number), Int32Array.from(x(), (number) => 10 + number), [...x()]];
    for (const round of [0, 1]) {
      const results = await Promise.all(given.map((numbers) => plan.run({ x: numbers })));
      expect(results.map((numbers) => [...numbers])).toEqual(given.map((numbers) => Array.from(numbers, (n) => 2 * n)));
      for (const [index, numbers] of given.entries()) {
        expect([...(await plan.run({ x: numbers }))], `${round}, ${index}`).toEqual([...results[index]!]);
      }
    }
    plan.dispose();
  });
});
