/**
 * Remembers in a file which kernels were chosen for a driver, so that calibration is done once and tomorrow's run
 * computes as today's. Node only. It is done again where an earlier version chose less.
 */
import type { ContextSource, KernelChoice } from '../../engine/index.ts';
import { calibrate } from '../../ops/calibrate.ts';
import { isKernelChoice } from '../../ops/kernel-choice.ts';
import { ChoicesFile } from './choices-file.ts';

/** The choice made before for this driver, else a new one, which is kept. */
export async function chooseKernels(source: ContextSource, folder?: string): Promise<KernelChoice> {
  const file = new ChoicesFile('kernels.json', isKernelChoice, folder);
  const found = await file.find(source.description);
  if (found) return found;
  const choice = await calibrate(source);
  await file.keep(source.description, choice);
  return choice;
}
