/**
 * Runs the built command under strace: to list the system calls that name a file of a folder, and to kill the process as
 * one of them begins. Calls of the main thread are counted there alone, so that the same call is met again; those of
 * Node's pool, of which there is then one thread, among the calls of all threads.
 */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const TRACED = '%file,fsync,fdatasync,fchmod,fchown';

/** A call to die at: the `nth` of this name in a thread, or the `nth` of those that name `path`. */
export const describePoint = ({ isMain, call, nth, path }) =>
  `${call} ${nth}${path === undefined ? '' : ` of ${basename(path)}`}${isMain ? '' : ' of the pool'}`;

/** Runs a command to its end and lists its calls that name something in `folder`. */
export async function listPoints(words, folder, log) {
  const points = [];
  for (const isMain of [true, false]) {
    const { code, said } = await trace(words, log, isMain, []);
    if (code !== 0) throw new Error(`${words.join(' ')} failed:\n${said}`);
    points.push(...readLog(log, folder, isMain));
    rmSync(log);
    if (isMain) await words.prepare();
  }
  return points;
}

/** Kills a command as a call begins; false if it never came to that. */
export async function killAt(words, { isMain, call, nth, path }, log) {
  // Where the path is known before, others are not counted: the main thread has hundreds of calls of the same name.
  const paths = path === undefined ? [] : ['-P', path];
  const inject = [...paths, '-e', `inject=${call}:signal=KILL:when=${nth}`];
  const { signal } = await trace(words, log, isMain, inject);
  const last = readFileSync(log, 'utf8')
    .trim()
    .split('\n')
    .filter((line) => line.includes(`${call}(`))
    .at(-1);
  rmSync(log);
  return { isKilled: signal === 'SIGKILL', last };
}

/** Runs a command without strace. */
export function run(words) {
  return start(process.execPath, [main, ...words.list]);
}

function trace(words, log, isMain, inject) {
  const flags = ['-y', '-qq', '-s', '4096', '-o', log, '-e', `trace=${TRACED}`, ...(isMain ? [] : ['-f']), ...inject];
  return start('strace', [...flags, process.execPath, main, ...words.list]);
}

/** The main thread's when it is alone in the log; else those of the other threads. */
function readLog(log, folder, isMain) {
  const counts = new Map();
  const points = [];
  let first;
  for (const line of readFileSync(log, 'utf8').split('\n')) {
    const [, thread = 'main', call] = /^(?:(\d+) +)?(\w+)\(/.exec(line) ?? [];
    if (call === undefined || call === 'execve') continue;
    first ??= thread;
    const path = isMain ? undefined : findKnownPath(line, folder);
    for (const key of [`${thread} ${call}`, `${thread} ${call} ${path}`]) counts.set(key, (counts.get(key) ?? 0) + 1);
    if (!line.includes(folder) || (!isMain && thread === first)) continue;
    const nth = counts.get(path === undefined ? `${thread} ${call}` : `${thread} ${call} ${path}`);
    points.push({ isMain, call, nth, path });
  }
  return points;
}

/** A path of the folder in a call that has no temporary name, which is another one each time. */
function findKnownPath(line, folder) {
  const [, path] = /["<]([^"<>]+)[">]/.exec(line.slice(Math.max(0, line.indexOf(folder) - 1))) ?? [];
  return path?.startsWith(folder) && !path.includes('/.dalle-gl-') ? path : undefined;
}

function start(program, args) {
  const env = { ...process.env, UV_THREADPOOL_SIZE: '1', MESA_SHADER_CACHE_DISABLE: 'true' };
  return new Promise((resolve) => {
    const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk) => (said += String(chunk)));
    child.on('close', (code, signal) => resolve({ code, signal, said }));
  });
}
