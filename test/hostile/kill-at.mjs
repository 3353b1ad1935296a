/**
 * Kills its own process at a chosen change to the disk: `KILL_AT=7 node --import ./test/hostile/kill-at.mjs …` ends by
 * SIGKILL as the seventh change (from 0) begins; a write is cut in half. Without `KILL_AT` the file named by
 * `KILL_COUNT` gets how many changes there were.
 */
import { writeFileSync } from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const { KILL_AT, KILL_COUNT } = process.env;
let changes = 0;

/** True when this change is the one to die at. */
const isLast = () => String(changes++) === KILL_AT;
const die = () => process.kill(process.pid, 'SIGKILL');

function watch(object, name) {
  const original = object[name];
  object[name] = function (...args) {
    if (isLast()) die();
    return original.apply(this, args);
  };
}

const { open } = promises;
promises.open = async (path, flags, ...rest) => {
  const writes = flags !== 'r' && flags !== undefined;
  if (writes && isLast()) die();
  const handle = await open(path, flags, ...rest);
  return writes ? watchHandle(handle) : handle;
};
for (const name of ['mkdir', 'rename', 'rm', 'rmdir', 'writeFile', 'unlink']) watch(promises, name);
syncBuiltinESMExports();

function watchHandle(handle) {
  const { write } = handle;
  handle.write = async (bytes, offset, length) => {
    if (!isLast()) return write.call(handle, bytes, offset, length);
    await write.call(handle, bytes, offset, Math.ceil(length / 2));
    return die();
  };
  for (const name of ['sync', 'close']) watch(handle, name);
  return handle;
}

if (KILL_COUNT) process.on('exit', () => writeFileSync(KILL_COUNT, String(changes)));
