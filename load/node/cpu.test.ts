/** The CPU device with real threads: the numbers do not depend on how many, runs stop, broken threads are told of. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { MemoryError } from '../../base/errors.ts';
import { apply } from '../../engine/index.ts';
import type { CpuDevice, Op } from '../../engine/index.ts';
import type { WorkerEvents, WorkerPort } from '../../engine/cpu/messages.ts';
import { compile, conv2d, linear, maxPool2d, relu, softmax, tensor } from '../../ops/index.ts';
import { startWorker } from '../../ops/cpu/node/start-worker.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { makeCpuDevice } from '../make-cpu-device.ts';
import { openCpuDevice } from './cpu.ts';

const devices: CpuDevice[] = [];
const open = async (threads: number): Promise<CpuDevice> => {
  const device = await openCpuDevice({ threads });
  devices.push(device);
  return device;
};
afterAll(() => devices.forEach((device) => device.dispose()));

const random = createRandom(20261130);
const [w, b] = [tensor(random.gaussians(24 * 16 * 9), [24, 16, 3, 3]), tensor(random.gaussians(24), [24])];
const dense = tensor(random.gaussians(24 * 24), [24, 24]);
const picture = random.gaussians(16 * 40 * 40);

function compileNet(device: CpuDevice): { run(): Promise<readonly number[]>; dispose(): void } {
  const net = compile(
    device,
    ({ x, rows }) => ({ map: maxPool2d(conv2d(relu(x), w, b), 2), rows: softmax(linear(rows, dense), 1) }),
    { x: [1, 16, 40, 40], rows: [33, 24] },
  );
  const rows = picture.subarray(0, 33 * 24);
  return {
    run: async () => Object.values(await net.run({ x: picture, rows })).flatMap((numbers) => [...numbers]),
    dispose: () => net.dispose(),
  };
}

describe('threads', () => {
  test('give the same bits, however many they are', async () => {
    const results: (readonly number[])[] = [];
    for (const threads of [1, 2, 5]) {
      const device = await open(threads);
      expect(device.threads).toBe(threads);
      const net = compileNet(device);
      for (let round = 0; round < 3; round++) results.push(await net.run());
      net.dispose();
    }
    for (const result of results) expect(result).toEqual(results[0]);
    expect(results[0]!.every(Number.isFinite)).toBe(true);
  });

  test('compute the loops of ops of ours, and leave those of others to the caller', async () => {
    const device = await open(2);
    const op: Op<() => number> = {
      name: 'softmax', // a name that workers know, and another op
      infer: ([x]) => x!,
      reference: ({ inputs: [x], output, attributes }) => x!.forEach((v, index) => (output[index] = v + attributes())),
    };
    const plan = compile(device, ({ x }) => relu(apply(op, [relu(x)], () => 5)), { x: [3] });
    expect([...(await plan.run({ x: [1, -1, 2] }))]).toEqual([6, 5, 7]);
    plan.dispose();
  });

  test('stop within a run, and compute the next one', async () => {
    const device = await open(2);
    const size = 20;
    const plan = compile(
      device,
      ({ x }) => Array.from({ length: 60 }).reduce<typeof x>((sum) => softmax(sum, 0), x),
      { x: [size, 10_000] },
      { rules: [] },
    );
    const x = new Float32Array(size * 10_000);
    await plan.run({ x });
    const controller = new AbortController();
    let last = 0;
    const onProgress = ({ done, total }: { done: number; total: number }): void => {
      expect(total).toBe(60);
      expect(done).toBeGreaterThanOrEqual(last);
      last = done;
      if (done > 0) controller.abort();
    };
    await expect(plan.run({ x }, { signal: controller.signal, onProgress })).rejects.toMatchObject({
      code: 'E_ABORTED',
    });
    expect(last).toBeLessThan(60);
    expect((await plan.run({ x }))[0]).toBeCloseTo(1 / size, 6);
    plan.dispose();
  });
});

describe('a thread that ends', () => {
  test('ends the device with a code, and nothing waits for it', async () => {
    const events: WorkerEvents[] = [];
    const ports: WorkerPort[] = [];
    const start = (given: WorkerEvents): WorkerPort => {
      events.push(given);
      ports.push(startWorker(given));
      return ports.at(-1)!;
    };
    const device = await openWith(start);
    const plan = compile(device, ({ x }) => softmax(x, 0), { x: [40, 10_000] }, { rules: [] });
    await plan.prepare();
    const running = plan.run({ x: new Float32Array(400_000) });
    events[1]!.onFailure(new Error('out of memory'));
    await expect(running).rejects.toMatchObject({ code: 'E_WORKER' });
    expect(device.isUsable).toBe(false);
    await expect(plan.run({ x: new Float32Array(400_000) })).rejects.toMatchObject({ code: 'E_WORKER' });
    device.dispose();
  });

  test('and has no more memory says so, as it was thrown', async () => {
    const events: WorkerEvents[] = [];
    const device = await openWith((given) => {
      events.push(given);
      return startWorker(given);
    });
    const error = { name: 'MemoryError', code: 'E_MEMORY', message: 'the CPU device: no more' };
    events[0]!.onReport({ kind: 'failed', run: -1, error, isBroken: true });
    const plan = compile(device, ({ x }) => relu(x), { x: [1] });
    await expect(plan.run({ x: [1] })).rejects.toThrow(MemoryError);
    device.dispose();
  });

  test('before it began is told of when the device is opened', async () => {
    const start = ({ onFailure }: WorkerEvents): WorkerPort => {
      setImmediate(() => onFailure(new Error('no thread is left')));
      return { send() {}, setBusy() {}, end() {} };
    };
    await expect(openWith(start)).rejects.toMatchObject({ code: 'E_WORKER' });
  });
});

async function openWith(start: (events: WorkerEvents) => WorkerPort): Promise<CpuDevice> {
  const { readFile } = await import('node:fs/promises');
  const readKernels = (file: string): Promise<Uint8Array> =>
    readFile(new URL(`../../ops/cpu/${file}`, import.meta.url));
  return makeCpuDevice({ readKernels, isShared: true, threads: 2, start }, {});
}

test('kernels that are damaged are told of with what to do', async () => {
  const readKernels = async (): Promise<Uint8Array> => {
    const { readFile } = await import('node:fs/promises');
    return (await readFile(new URL('../../ops/cpu/kernels.wasm', import.meta.url))).subarray(0, -20);
  };
  const opening = makeCpuDevice({ readKernels, isShared: true, threads: 1, start: startWorker }, {});
  await expect(opening).rejects.toMatchObject({ code: 'E_WASM_KERNELS' });
});

test('a process ends by itself, with the device open and after a run', () => {
  const built = (path: string): string => new URL(`../../dist/${path}`, import.meta.url).href;
  const program = `
    const { openCpuDevice } = await import('${built('load/node/cpu.js')}');
    const { compile, relu } = await import('${built('ops/index.js')}');
    const plan = compile(await openCpuDevice({ threads: 2 }), ({ x }) => relu(x), { x: [2] });
    console.log(...(await plan.run({ x: [1, -1] })));`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    timeout: 20_000,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect([stdout, status]).toEqual(['1 0\n', 0]);
});
