/**
 * Remembers in a file which kernels were chosen for a driver, so that calibration is done once and tomorrow's run
 * computes as today's. Node only. A cache that cannot be read or written, or is another's, is no reason to fail: the
 * choice is then made anew, as it is where an earlier version chose less.
 */
import { join } from 'node:path';
import { cacheFolder } from '../../base/node/cache-folder.ts';
import { writeWhole } from '../../base/node/output-files.ts';
import { checkOwnFolder, makeOwnFolder } from '../../base/node/own-folder.ts';
import { readOwnFile } from '../../base/node/read-own-file.ts';
import { parseJson } from '../../base/parse-json.ts';
import type { ContextSource, KernelChoice } from '../../engine/index.ts';
import { calibrate } from '../../ops/calibrate.ts';
import { isKernelChoice } from '../../ops/kernel-choice.ts';

/** A choice takes some hundred bytes, and a machine has a few drivers. */
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
    const parsed: unknown = parseJson((await readOwnFile(path, MAX_BYTES)) ?? '');
    return Object.fromEntries(Object.entries(parsed as object).filter(([, choice]) => isKernelChoice(choice)));
  } catch {
    return {};
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
