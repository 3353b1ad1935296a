/**
 * A process of suites/cold-start.ts: `node bench/cold-open.mjs DEVICE THREADS` prints how many milliseconds passed from
 * the call of `open` to a first product on the device, the library being loaded. Wants `npm run build` first.
 */
import { performance } from 'node:perf_hooks';
import { open } from '../dist/node.js';
import { compile, linear, tensor } from '../dist/ops/index.js';

const [name, threads] = process.argv.slice(2);
const side = 64;
const numbers = new Float32Array(side * side).fill(1);
const start = performance.now();
const device = await open({ device: name, ...(name === 'cpu' && { threads: Number(threads) }) });
const plan = compile(device, ({ x }) => linear(x, tensor(numbers, [side, side])), { x: [side, side] });
const [first] = await plan.run({ x: numbers });
const milliseconds = performance.now() - start;
if (first !== side) throw new Error(`cold-open: the product is ${first} on ${device.description}.`);
console.log(milliseconds);
plan.dispose();
device.dispose();
