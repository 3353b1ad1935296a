/**
 * Kills its own process at a chosen change to the disk: `KILL_AT=7 node --import ./test/hostile/kill-at.mjs …` ends by
 * SIGKILL as the seventh change (from 0) begins; a write is cut in half. Without `KILL_AT` the file named by
 * `KILL_COUNT` gets how many changes there were.
 */
import fs, { writeFileSync } from 'node:fs';
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

const { openSync, write, writeSync } = fs;
fs.openSync = (path, flags, ...rest) => {
  const writes = (Number(flags) & (fs.constants.O_WRONLY | fs.constants.O_RDWR)) !== 0;
  if (writes && isLast()) die();
  return openSync(path, flags, ...rest);
};
fs.write = (fd, bytes, offset, length, ...rest) => {
  if (!isLast()) return write(fd, bytes, offset, length, ...rest);
  writeSync(fd, bytes, offset, Math.ceil(length / 2));
  return die();
};
for (const name of ['fsync', 'fsyncSync', 'close', 'linkSync', 'renameSync', 'unlinkSync', 'rmSync']) watch(fs, name);
for (const name of ['mkdir', 'unlink']) watch(promises, name);
syncBuiltinESMExports();

if (KILL_COUNT) process.on('exit', () => writeFileSync(KILL_COUNT, String(changes)));
