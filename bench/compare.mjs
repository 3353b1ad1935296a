/**
 * `node bench/compare.mjs OTHER`: this checkout against another one, built in the folder OTHER, in turns in one
 * process: kernels, and the emoji model drawing. Each engine has a context of its own. A ratio is the median of those
 * within rounds; below 1 this checkout is faster. Both want `npm run build` first.
 */
import { resolve } from 'node:path';
import { performance } from 'node:perf_hooks';

const SECONDS = 6;
const roots = [process.argv[2], '.'].map((folder) => resolve(folder ?? '.', 'dist'));
const engines = await Promise.all(
  roots.map(async (root) => {
    const node = await import(`${root}/node.js`);
    return { node, ops: await import(`${root}/ops/index.js`), device: await node.open({ device: 'egl' }) };
  }),
);

/** Numbers within ±½, the same at every call. */
function numbers(count) {
  let state = 1;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  });
}

const sizeOf = (shape) => shape.reduce((product, size) => product * size, 1);
const convolution = (inputs, outputs, kernel, side) => ({
  shape: [1, inputs, side, side],
  trace: ({ conv2d, relu, tensor }, x) => {
    const shape = [outputs, inputs, kernel, kernel];
    return relu(conv2d(x, tensor(numbers(sizeOf(shape)), shape), tensor(numbers(outputs), [outputs])));
  },
});
const product = (rows, inner, outputs) => ({
  shape: [rows, inner],
  trace: ({ linear, tensor }, x) => linear(x, tensor(numbers(outputs * inner), [outputs, inner])),
});
const call = (name, shape, ...rest) => ({ shape, trace: (ops, x) => ops[name](x, ...rest) });

const kernels = {
  'conv2d 3×3, 256→256 at 64²': convolution(256, 256, 3, 64),
  'conv2d 1×1, 2048→512 at 32²': convolution(2048, 512, 1, 32),
  'conv2d 7×7, 3→64 at 128²': convolution(3, 64, 7, 128),
  'linear 1024³': product(1024, 1024, 1024),
  'linear 1×512→2048': product(1, 512, 2048),
  'softmax 1024²': call('softmax', [1024, 1024], 1),
  'max_pool2d 64 at 128²': call('maxPool2d', [1, 64, 128, 128], 2),
  'gelu 1024²': call('gelu', [1024, 1024]),
};

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** Runs both in turns, each first in every other round. */
async function compare(name, works, seconds = SECONDS) {
  for (const work of works) await work();
  const times = works.map(() => []);
  const end = performance.now() + 1e3 * seconds;
  for (let round = 0; performance.now() < end || round < 5; round++) {
    for (const index of round % 2 === 0 ? [0, 1] : [1, 0]) {
      const start = performance.now();
      await works[index]();
      times[index].push(performance.now() - start);
    }
  }
  const ratio = median(times[1].map((time, round) => time / times[0][round]));
  const [other, ours] = times.map((all) => median(all).toFixed(2).padStart(9));
  console.log(`${name.padEnd(30)}${other} ms${ours} ms   ${ratio.toFixed(3)}   ${times[0].length} rounds`);
}

console.log(`${engines[1].device.description}\n${'other, this, ratio'.padStart(50)}`);
for (const [name, { shape, trace }] of Object.entries(kernels)) {
  const x = numbers(sizeOf(shape));
  const plans = engines.map(({ ops, device }) => ops.compile(device, (inputs) => trace(ops, inputs.x), { x: shape }));
  await compare(
    name,
    plans.map((plan) => () => plan.run({ x })),
  );
  for (const plan of plans) plan.dispose();
}

for (const count of [1, 8]) {
  const models = await Promise.all(engines.map(({ node, device }) => node.loadDalle(undefined, { device })));
  const works = models.map((model) => async () => {
    let tokens = 0;
    for await (const step of model.generate('red heart', { count, seed: 7 })) if (++tokens >= 64 || !step) break;
  });
  await compare(`emoji model, 64 tokens ×${count}`, works, 2 * SECONDS);
  await Promise.all(models.map((model) => model.dispose()));
}
for (const { device } of engines) device.dispose();
