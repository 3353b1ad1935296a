/**
 * The thread that fuzzes. Before each execution it puts the input where the main thread sees it, so that one which
 * hangs or takes all memory is not lost with the thread.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { readEverything } from './readers.mjs';
import { listFound, listSeeds, makeSafetensors } from './seeds.mjs';
import { mutate } from './mutate.mjs';
import { Random } from './random.mjs';

const { seed, milliseconds, shared } = workerData;
const [executions, length] = [new Int32Array(shared, 0, 1), new Int32Array(shared, 4, 1)];
const room = new Uint8Array(shared, 8);
const random = new Random(seed);
const outcomes = new Map();
const sibling = await makeSafetensors();

async function execute(name, bytes) {
  const shown = bytes.subarray(0, room.length);
  room.set(shown);
  length[0] = shown.length;
  executions[0]++;
  try {
    for (const outcome of await readEverything(shown, sibling)) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  } catch (error) {
    throw new Error(`${name}: ${error.message}`);
  }
}

const seeds = await listSeeds();
for (const { name, bytes } of listFound()) await execute(name, bytes);
for (const { name, parts, assemble } of seeds) await execute(name, await assemble(parts));

/** The smaller of two: more executions in the time, and larger ones now and then. */
function pickSeed() {
  const size = (one) => one.parts.reduce((sum, part) => sum + part.length, 0);
  const [a, b] = [random.pick(seeds), random.pick(seeds)];
  return size(a) < size(b) ? a : b;
}

const parts = seeds.flatMap((one) => one.parts);
const end = performance.now() + milliseconds;
while (performance.now() < end) {
  const { name, parts: own, assemble } = pickSeed();
  // Among hundreds of weights the pickle would hardly ever be met.
  const pickles = [...own.keys()].filter((index) => own[index][0] === 0x80);
  const target = pickles.length > 0 && random.below(4) > 0 ? random.pick(pickles) : random.below(own.length);
  const spoiled = own.with(target, mutate(own[target], random.pick(parts), random));
  await execute(name, await assemble(spoiled));
}
parentPort.postMessage({ seeds: seeds.length, outcomes: [...outcomes].sort(([, a], [, b]) => b - a) });
