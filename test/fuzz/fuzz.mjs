/**
 * `npm run fuzz -- --minutes 30`: spoils valid files at random and gives them to every reader of the built converter.
 * Fails on anything but a result or one of our errors, on a large buffer, on more memory than a thread of 96 MB has,
 * and on an execution that computes for five seconds; the input is kept in `found/`, which every later run tries first.
 *
 * The seed is the day's date unless `--seed N` says another; it is printed, as is the number of executions.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';

/** Of the processor's time: a machine that others use too takes any time. */
const LONGEST = 5000;
/** For what waits and computes nothing. */
const LONGEST_WAIT = 120_000;
const ROOM = 2 ** 20;
const HEAP_MEGABYTES = 96;

const options = { minutes: { type: 'string' }, seconds: { type: 'string' }, seed: { type: 'string' } };
const { minutes, seconds, seed: wanted } = parseArgs({ options }).values;
const milliseconds = 1000 * (seconds === undefined ? 60 * Number(minutes ?? 1) : Number(seconds));
const seed = Number(wanted ?? new Date().toISOString().slice(0, 10).replaceAll('-', ''));
if (!(milliseconds > 0 && seed >= 0)) throw new Error('wanted: --minutes M or --seconds S, and --seed N if any');
say(`fuzz: seed ${seed}, ${milliseconds / 1000} s`);

const shared = new SharedArrayBuffer(8 + ROOM);
const [executions, length] = [new Int32Array(shared, 0, 1), new Int32Array(shared, 4, 1)];
const started = performance.now();
const worker = new Worker(new URL('worker.mjs', import.meta.url), {
  workerData: { seed, milliseconds, shared },
  resourceLimits: { maxOldGenerationSizeMb: HEAP_MEGABYTES },
});
worker.on('message', ({ seeds, outcomes }) => {
  const [read, refused] = [outcomes.filter(([code]) => code === ''), outcomes.filter(([code]) => code !== '')];
  const total = (some) => some.reduce((sum, [, count]) => sum + count, 0);
  const passed = ((performance.now() - started) / 1000).toFixed(0);
  say(
    `fuzz: ${executions[0]} executions of ${seeds} seeds in ${passed} s, nothing found: read ${total(read)} times, ` +
      `refused ${total(refused)} times with ${refused.length} codes (${refused.map(([code]) => code).join(' ')})`,
  );
  clearInterval(watch);
});
worker.on('error', (error) => report(error.message));

const countBusy = () => (process.cpuUsage().user + process.cpuUsage().system) / 1000;
let [last, since, busySince] = [-1, performance.now(), countBusy()];
const watch = setInterval(() => {
  if (executions[0] !== last) [last, since, busySince] = [executions[0], performance.now(), countBusy()];
  const [waited, busy] = [performance.now() - since, countBusy() - busySince];
  if (busy > LONGEST || waited > LONGEST_WAIT) {
    report(`no end after ${(waited / 1000).toFixed(0)} s, of which it computed ${(busy / 1000).toFixed(1)}`);
  }
}, 250);

function say(line) {
  process.stdout.write(`${line}\n`);
}

/** Keeps the input and ends. */
function report(what) {
  const bytes = new Uint8Array(shared, 8, length[0]).slice();
  const folder = new URL('found/', import.meta.url);
  const file = new URL(`${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}.bin`, folder);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, bytes);
  say(`fuzz: after ${executions[0]} executions: ${what}\nThe input is in ${fileURLToPath(file)}`);
  process.exit(1);
}
