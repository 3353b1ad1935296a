/**
 * Imported before the command by traced-run.mjs: temporary files get the same names at each run. Their names hold the
 * number of a process, when it started, and random letters; here those are a process that never is, no time, and 1, 2,
 * 3. Folders are listed by the main thread, which also opens them to flush them.
 *
 * strace cannot leave out the main thread where it counts the pool's calls. So the pool may be given a lead: it opens
 * and asks for `KILLS_LEAD_PATH` as often as `KILLS_LEAD` says, which is more often than the main thread does.
 */
import crypto from 'node:crypto';
import { readdirSync } from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

/** Linux gives no number above 4194304. */
const nobody = 4_200_000;

Object.defineProperty(process, 'pid', { value: nobody });
const kill = process.kill.bind(process);
// To this process it lives; to the next one it does not.
process.kill = (id, signal) => id === nobody || kill(id, signal);
const { randomBytes } = crypto;
let names = 0;
crypto.randomBytes = (length, ...rest) => {
  if (length !== 4 || rest.length > 0) return randomBytes(length, ...rest);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(++names);
  return bytes;
};
promises.readdir = async (...words) => readdirSync(...words);
syncBuiltinESMExports();

const { KILLS_LEAD_PATH: path, KILLS_LEAD: lead = '0' } = process.env;
for (let made = 0; made < Number(lead); made++) {
  const nothing = () => undefined;
  await promises.stat(path).catch(nothing);
  await promises.open(path).then((file) => file.close(), nothing);
}
