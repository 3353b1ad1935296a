/**
 * The convolutions of the official encoder at 256² by builds of the kernels, item by item: CPU time of one thread, in
 * turns. Of the 3×3 ones by Winograd each build that is named; of the 1×1 ones the first build with pixels packed by
 * each item, and once for all items. Builds must take the words of this one.
 *
 * `node bench/lab/cpu/convolutions.mjs [BUILD.wasm …] [--rounds n] [--quads n,n]`, of this checkout unless named.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '5' }, quads: { type: 'string', default: '8,16' } },
});
const own = fileURLToPath(new URL('../../../ops/cpu/kernels.wasm', import.meta.url));
const MiB = 2 ** 20;
const memory = new WebAssembly.Memory({ initial: 16384, maximum: 65536, shared: true });
const builds = (positionals.length > 0 ? positionals : [own]).map((path) => ({
  name: basename(path),
  kernels: new WebAssembly.Instance(new WebAssembly.Module(readFileSync(path)), { env: { memory } }).exports,
}));

/** Where things lie: scratch from 64 KiB on, all else far enough apart for the largest of the net. */
const at = { scratch: 65536, args: 8 * MiB, x: 16 * MiB, weight: 160 * MiB, bias: 300 * MiB };
Object.assign(at, { output: 304 * MiB, residual: 464 * MiB, pixels: 640 * MiB });
new Float32Array(memory.buffer, at.x, (at.output - at.x) / 4).forEach(
  (_, i, all) => (all[i] = ((i * 7919) % 997) / 997),
);

function call(kernels, kernel, items, words, gainAt) {
  new Int32Array(memory.buffer, at.args, words.length).set(words);
  new Float32Array(memory.buffer, at.args, words.length)[gainAt] = 1 / 64;
  for (let item = 0; item < items; item++) kernels[kernel](item, at.args, at.scratch);
}

const share = (size, most, step) => step * Math.ceil(size / Math.ceil(size / most) / step);

/** As ops/winograd/cpu/winograd-conv2d.ts cuts it, with so many quads an item. */
function runWinograd({ kernels }, { inner, outer, side, outputs }, quads) {
  const all = Math.ceil(side / (4 * outputs)) * Math.ceil(side / outputs);
  const [each, channels] = [share(all, quads, 1), share(outer, 256, 8)];
  const words = [at.x, at.weight, at.bias, 0, at.output, inner, outer, side, side, 1, 0, 1, outputs];
  const items = Math.ceil(all / each) * Math.ceil(outer / channels);
  call(kernels, 'winograd_conv2d', items, [...words, each, channels, share(inner, 128, 1)], 10);
}

/** As ops/conv2d/cpu/packed-conv2d.ts cuts it. */
function runPixels({ kernels }, { kernel, inner, outer, side, residual }, isPackedOnce) {
  const pixels = side * side;
  const rectangles = Math.ceil(pixels / 128);
  const step = kernel === 'channel_best' ? 64 : 4;
  const most = Math.min(45e6 / (128 * inner), (outer * rectangles) / 16);
  const outputs = share(outer, Math.max(64, Math.floor(most / step) * step), step);
  const part = share(inner, 256, 1);
  const wordsFor = (channels, each) => [
    ...[at.x, at.weight, at.bias, residual ? at.residual : 0, at.output, inner, channels, 1, pixels, 1, 1, 4],
    ...[1, 0, 1, 1, 128, each, part, 1, pixels, 1, 0, 0, isPackedOnce ? at.pixels : 0],
  ];
  if (isPackedOnce) call(kernels, 'pack_pixels', rectangles * Math.ceil(inner / part), wordsFor(4, 4), 13);
  call(kernels, kernel, rectangles * Math.ceil(outer / outputs), wordsFor(outer, outputs), 13);
}

function measure(contenders) {
  const times = contenders.map(() => []);
  for (const contend of contenders) contend();
  for (let round = 0; round < Number(values.rounds); round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const index = (round + turn) % contenders.length;
      const before = process.cpuUsage();
      contenders[index]();
      const { user, system } = process.cpuUsage(before);
      times[index].push((user + system) / 1000);
    }
  }
  return times;
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

/** Milliseconds at best, GFLOP/s of its own multiply-adds, and the median ratio to the first. */
function report(name, macs, times) {
  const cells = times.map((own) => {
    const least = Math.min(...own);
    const ratio = median(times[0].map((first, round) => first / own[round]));
    return `${least.toFixed(1)} ms ${((2 * macs) / least / 1e6).toFixed(1)} GFLOP/s ×${ratio.toFixed(2)}`;
  });
  console.log([name.padEnd(22), ...cells].join(' | '));
}

const winograd = [
  [2048, 512, 32, 2],
  [1024, 512, 32, 2],
  [512, 512, 32, 4],
  [1024, 256, 64, 4],
  [256, 256, 64, 4],
];
winograd.push([512, 128, 128, 4], [256, 128, 128, 4], [128, 128, 128, 4], [256, 64, 256, 4], [64, 64, 256, 4]);
const quads = values.quads.split(',').map(Number);
console.log(['3×3'.padEnd(22), ...builds.flatMap(({ name }) => quads.map((q) => `${name}, ${q} quads`))].join(' | '));
for (const [inner, outer, side, outputs] of winograd) {
  const shape = { inner, outer, side, outputs };
  const macs = inner * outer * (side / outputs) ** 2 * (outputs + 2) ** 2;
  const contenders = builds.flatMap((build) => quads.map((each) => () => runWinograd(build, shape, each)));
  report(`${inner}→${outer}, ${side}², F(${outputs})`, macs, measure(contenders));
}
const pixelwise = [
  ['channel_best', 2048, 8192, 32, false],
  ['packed_conv2d', 512, 2048, 32, true],
];
pixelwise.push(['packed_conv2d', 1024, 2048, 32, false], ['packed_conv2d', 256, 1024, 64, true]);
console.log(['1×1'.padEnd(22), 'packed by each item', 'packed once'].join(' | '));
for (const [kernel, inner, outer, side, residual] of pixelwise) {
  const shape = { kernel, inner, outer, side, residual };
  const contenders = [false, true].map((isOnce) => () => runPixels(builds[0], shape, isOnce));
  report(`${inner}→${outer}, ${side}²`, inner * outer * side * side, measure(contenders));
}
