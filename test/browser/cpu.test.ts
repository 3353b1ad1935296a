/** The CPU device in Chromium: every op in a worker with a memory of its own, as in a page that is not isolated. */
import { afterAll, describe, expect, test } from 'vitest';
import type { CpuDevice } from '../../engine/index.ts';
import { openCpuDevice } from '../../load/cpu.ts';
import { compile, softmax } from '../../ops/index.ts';
import { cpuRules } from '../../ops/rewrite/standard-rules.ts';
import { checkCase } from '../helpers/check-case.ts';
import { titledCases } from '../helpers/op-cases.ts';

const device: CpuDevice = await openCpuDevice();
afterAll(() => device.dispose());

test('one worker computes where memory cannot be shared', () => {
  expect(globalThis.crossOriginIsolated).toBe(false);
  expect(device.description).toBe('CPU (WebAssembly SIMD, 1 thread)');
});

describe('on the CPU', () => {
  test.each(titledCases)('$title', async ({ given: { rules = [], ...rest } }) => {
    await checkCase(device, { ...rest, rules: rules.length > 0 ? cpuRules : [] });
  });
});

test('the page has its turn while a plan runs, and can stop it', async () => {
  const plan = compile(
    device,
    ({ x }) => Array.from({ length: 40 }).reduce<typeof x>((sum) => softmax(sum, 0), x),
    { x: [40, 10_000] },
    { rules: [] },
  );
  const x = new Float32Array(400_000);
  await plan.run({ x });
  let [longest, last] = [0, performance.now()];
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 1);
  const controller = new AbortController();
  const onProgress = ({ done }: { done: number }): void => void (done > 20 && controller.abort());
  const running = plan.run({ x }, { signal: controller.signal, onProgress });
  await expect(running).rejects.toMatchObject({ code: 'E_ABORTED' });
  clearInterval(timer);
  expect(longest).toBeLessThan(1000);
  expect((await plan.run({ x }))[0]).toBeCloseTo(1 / 40, 6);
  plan.dispose();
});
