/**
 * Products of a training step on the CPU: forward, by x and by weight, in turns in one run, and by weight once more as
 * it was before a product could read columns: by a transpose. In this thread, by its processor time.
 */
import { interpret, sizeOf, tensor } from '../../../engine/index.ts';
import type { Tensor } from '../../../engine/index.ts';
import { compile, linear, matmul, slice } from '../../../ops/index.ts';
import { cpuRules } from '../../../ops/rewrite/standard-rules.ts';
import { makeCpuTestDevice } from '../../../test/helpers/cpu-device.ts';

const ROUNDS = 15;
/** Rows, and the sizes of the weight [O, K]. */
const shapes = [
  [2176, 768, 192],
  [2176, 192, 768],
  [2176, 576, 192],
  [2176, 192, 192],
  [1088, 1024, 256],
] as const;

const device = makeCpuTestDevice();
let state = 1;
const draw = (...shape: number[]): Tensor =>
  tensor(
    Float32Array.from({ length: sizeOf(shape) }, () => (state = (state * 48271) % 2147483647) / 2147483647 - 0.5),
    shape,
  );
const withoutColumns = cpuRules.filter(({ name }) => name !== 'transpose_on_read');

for (const [rows, outputs, inner] of shapes) {
  const [x, w, g] = [draw(rows, inner), draw(outputs, inner), draw(rows, outputs)];
  const byWeight = matmul(g, x, undefined, { transposeA: true });
  const forms = {
    forward: { graph: linear(x, w), rules: cpuRules },
    'by x': { graph: matmul(g, w), rules: cpuRules },
    'by weight': { graph: byWeight, rules: cpuRules },
    'by weight, transposed': { graph: byWeight, rules: withoutColumns },
  };
  const plans = Object.entries(forms).map(([name, { graph, rules }]) => {
    const first = slice(graph, [0, 0], [1, 1]); // the rest is not read back
    return { name, graph, plan: compile(device, () => first, {}, { rules }), times: [] as number[] };
  });
  for (const { name, graph, plan } of plans) {
    const [actual] = await plan.run({});
    const [[expected]] = (await interpret([slice(graph, [0, 0], [1, 1])])) as [Float64Array];
    if (Math.abs(actual! - expected!) > 1e-3) throw new Error(`${name}: ${actual} for ${expected}`);
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const { plan, times } of plans) {
      const start = process.cpuUsage();
      await plan.run({});
      const { user, system } = process.cpuUsage(start);
      times.push((user + system) / 1000);
    }
  }
  const median = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[times.length >> 1]!;
  const forward = median(plans[0]!.times);
  for (const { name, plan, times } of plans) {
    const milliseconds = median(times);
    const speed = (2 * rows * outputs * inner) / milliseconds / 1e6;
    const share = (forward / milliseconds).toFixed(2);
    console.log(
      `[${rows}, ${inner} → ${outputs}] ${name}: ${milliseconds.toFixed(2)} ms, ${speed.toFixed(1)} GFLOP/s, × ${share}`,
    );
    plan.dispose();
  }
}
await device.dispose();
