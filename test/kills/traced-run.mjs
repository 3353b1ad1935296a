/**
 * Runs the built command under strace: to list the system calls that name a file of a folder, and to kill the process
 * as one of them begins. A call is told by its name, its path and how often a thread has made it with that path, so
 * nothing that happens elsewhere shifts the count; for that, names of temporary files are the same at each run
 * (same-names.mjs), and Node's pool is one thread.
 */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const sameNames = new URL('same-names.mjs', import.meta.url).href;
/** The pool's calls that same-names.mjs makes beforehand, and how often. */
const LED = ['openat', 'statx'];
const LEAD = 40;
const TRACED = '%file,fsync,fdatasync,fchmod,fchown,ftruncate';

/** A call to die at: the `nth` of this name with this path. */
export const describePoint = ({ isMain, call, nth, path }, folder) =>
  `${call} ${nth} of ${relative(folder, path) || 'the folder'}${isMain ? '' : ' in the pool'}`;

/** Runs a command to its end and lists its calls that name something in `folder`. */
export async function listPoints(words, folder, log) {
  const { code, said } = await trace(words, log, ['-f']);
  if (code !== 0) throw new Error(`${words.list.join(' ')} failed:\n${said}`);
  const points = readLog(log, folder);
  rmSync(log);
  return points;
}

/** Kills a command as a call begins; false if it died elsewhere, or not at all. */
export async function killAt(words, { isMain, call, nth, path }, log) {
  // Without -f the main thread alone is counted.
  const lead = !isMain && LED.includes(call) ? LEAD : 0;
  const flags = [...(isMain ? [] : ['-f']), '-P', path, '-e', `inject=${call}:signal=KILL:when=${nth + lead}`];
  const { signal } = await trace(words, log, flags, { KILLS_LEAD: String(lead), KILLS_LEAD_PATH: path });
  const calls = isMain ? readMainLog(log) : readCalls(log);
  rmSync(log);
  const last = calls.filter((made) => made.call === call && made.line.includes(path)).at(-1);
  return signal === 'SIGKILL' && last !== undefined && last.isMain === isMain;
}

/** Runs a command without strace. */
export function run(words) {
  return start(process.execPath, [main, ...words.list]);
}

function trace(words, log, flags, environment = {}) {
  const common = ['-y', '-q', '-s', '4096', '-o', log, '-e', `trace=${TRACED}`];
  return start(
    'strace',
    [...common, ...flags, process.execPath, '--import', sameNames, main, ...words.list],
    environment,
  );
}

function readLog(log, folder) {
  const counts = new Map();
  const points = [];
  for (const { call, thread, isMain, line } of readCalls(log)) {
    const path = findPath(line, folder);
    if (path === undefined || call === 'execve') continue;
    const key = `${thread} ${call} ${path}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    points.push({ isMain, call, nth: counts.get(key), path });
  }
  return points;
}

/** The main thread has the lowest number of those that made calls or, which strace tells too, ended. */
function readCalls(log) {
  const lines = readFileSync(log, 'utf8').split('\n');
  const threads = lines.filter((line) => line !== '').map((line) => Number.parseInt(line, 10));
  const main = String(threads.reduce((least, thread) => Math.min(least, thread), Infinity));
  return lines.flatMap((line) => {
    const [, thread, call] = /^(\d+) +(\w+)\(/.exec(line) ?? [];
    return call === undefined ? [] : [{ thread, call, isMain: thread === main, line }];
  });
}

function readMainLog(log) {
  const lines = readFileSync(log, 'utf8').split('\n');
  return lines.flatMap((line) => {
    const [, call] = /^(\w+)\(/.exec(line) ?? [];
    return call === undefined ? [] : [{ call, isMain: true, line }];
  });
}

/** The first path of the folder in a call, as an argument or as what a descriptor is open on. */
function findPath(line, folder) {
  const paths = [...line.matchAll(/["<]([^"<>]+)[">]/g)].map(([, path]) => path);
  return paths.find((path) => path === folder || path.startsWith(`${folder}/`));
}

function start(program, args, environment = {}) {
  const env = { ...process.env, ...environment, UV_THREADPOOL_SIZE: '1', MESA_SHADER_CACHE_DISABLE: 'true' };
  return new Promise((resolve) => {
    const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk) => (said += String(chunk)));
    child.on('close', (code, signal) => resolve({ code, signal, said }));
  });
}
