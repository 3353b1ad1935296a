/**
 * Remembers in a file which kernels were chosen for a driver, so that calibration is done once and tomorrow's run
 * computes as today's. Node only. A cache that cannot be read or written is no reason to fail: the choice is then made
 * anew, as it is where an earlier version chose less.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from './base/node/cache-folder.ts';
import { readSmallFile } from './base/node/open-file.ts';
import { createOutputFile } from './base/node/output-file.ts';
import { parseJson } from './base/parse-json.ts';
import type { ContextSource, KernelChoice } from './engine/index.ts';
import { calibrate } from './ops/index.ts';
import { isKernelChoice } from './ops/kernel-choice.ts';

/** A choice takes some hundred bytes, and a machine has a few drivers. */
const MAX_BYTES = 1024 * 1024;

type Choices = Readonly<Record<string, KernelChoice>>;

/** The choice made before for this driver, else a new one, which is kept. */
export async function chooseKernels(source: ContextSource, folder: string = cacheFolder()): Promise<KernelChoice> {
  const path = join(folder, 'kernels.json');
  const known = await readChoices(path);
  const found = known[source.description];
  if (found) return found;
  const choice = await calibrate(source);
  await writeChoices(folder, path, { ...known, [source.description]: choice });
  return choice;
}

async function readChoices(path: string): Promise<Choices> {
  try {
    const parsed: unknown = parseJson(await readSmallFile('chooseKernels', path, MAX_BYTES));
    return Object.fromEntries(Object.entries(parsed as object).filter(([, choice]) => isKernelChoice(choice)));
  } catch {
    return {};
  }
}

async function writeChoices(folder: string, path: string, choices: Choices): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    const file = await createOutputFile(path);
    try {
      await file.write(Buffer.from(`${JSON.stringify(choices, null, 2)}\n`));
      await file.finish();
      // By its name alone: whatever stood there, a pipe or a link, is replaced and never written to.
      await file.commit();
    } catch (error) {
      await file.discard();
      throw error;
    }
  } catch {
    // A read-only home or a full disk: calibrate again next time.
  }
}
