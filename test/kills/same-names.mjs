/**
 * Imported before the command by traced-run.mjs: temporary files get the same names at each run. Their names hold the
 * number of a process, when it started, and random letters; here those are a process that never is, no time, and 1, 2, 3.
 */
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

/** Linux gives no number above 4194304. */
const nobody = 4_200_000;

Object.defineProperty(process, 'pid', { value: nobody });
const kill = process.kill.bind(process);
// To this process it lives; to the next one it does not.
process.kill = (id, signal) => id === nobody || kill(id, signal);
const { randomBytes } = crypto;
let made = 0;
crypto.randomBytes = (length, ...rest) => {
  if (length !== 4 || rest.length > 0) return randomBytes(length, ...rest);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(++made);
  return bytes;
};
syncBuiltinESMExports();
