/**
 * Remembers in a file which kernels were chosen for a driver, so that calibration is done once and tomorrow's run
 * computes as today's. Node only. A cache that cannot be read or written, or is another's, is no reason to fail: the choice is then made
 * anew, as it is where an earlier version chose less.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from './base/node/cache-folder.ts';
import { writeWhole } from './base/node/output-files.ts';
import { checkOwnFolder, isOwn, makeOwnFolder } from './base/node/own-folder.ts';
import type { ContextSource, KernelChoice } from './engine/index.ts';
import { calibrate } from './ops/index.ts';
import { isKernelChoice } from './ops/kernel-choice.ts';

/** Some hundred drivers. */
const MAX_BYTES = 1024 * 1024;

type Choices = Readonly<Record<string, KernelChoice>>;

/** The choice made before for this driver, else a new one, which is kept. */
export async function chooseKernels(source: ContextSource, folder: string = cacheFolder()): Promise<KernelChoice> {
  const path = join(folder, 'kernels.json');
  const known = await readChoices(folder, path);
  const found = known[source.description];
  if (found) return found;
  const choice = await calibrate(source);
  await writeChoices(folder, path, { ...known, [source.description]: choice });
  return choice;
}

async function readChoices(folder: string, path: string): Promise<Choices> {
  try {
    checkOwnFolder(folder);
    const parsed: unknown = JSON.parse(await readOwn(path));
    return Object.fromEntries(Object.entries(parsed as object).filter(([, choice]) => isKernelChoice(choice)));
  } catch {
    return {};
  }
}

/** The text of a file of this user's; nothing waits for it, and it is small. */
async function readOwn(path: string): Promise<string> {
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const stats = await file.stat();
    return stats.isFile() && isOwn(stats) && stats.size <= MAX_BYTES ? await file.readFile('utf8') : '';
  } finally {
    await file.close();
  }
}

async function writeChoices(folder: string, path: string, choices: Choices): Promise<void> {
  try {
    await makeOwnFolder(folder);
    await writeWhole(path, Buffer.from(`${JSON.stringify(choices, null, 2)}\n`), { follow: false });
  } catch {
    // A read-only home, a full disk, or a folder that others can write to: calibrate again next time.
  }
}
