/** A CLIP for the length of a command: by itself, or on the device that draws what it ranks. */
import type { Clip, Device } from '../node.ts';
import { UsageError } from '../base/errors.ts';
import { handOver } from '../load/hand-over.ts';
import { CLIP_PARTS } from '../load/clip.ts';
import { createClip } from '../load/node/models.ts';
import { seeHelp, type Option } from './arguments.ts';
import { hashWeights, type WeightHashes } from './dalle-session.ts';
import { parseSource } from './flags.ts';
import { startProgress } from './progress.ts';
import { nameModel, openFolder, openSession, type NetFlags, type Session } from './session.ts';
import { say, type Terminal } from './terminal.ts';

export const clipFlag: Option<string> = {
  value: 'DIR',
  help: 'a model folder of a CLIP, or the address of one',
  parse: parseSource,
  isText: true,
};

/** Opens the CLIP of a folder and the device of the flags, and says which. */
export function openClipSession(folder: string, flags: NetFlags, terminal: Terminal): Promise<Session<Clip>> {
  if (flags.model !== undefined || flags.precision !== undefined) {
    const other = flags.model === undefined ? '--precision' : '-m';
    throw new UsageError(
      'E_FLAG_VALUE',
      `score: ${other} is of the model that --clip takes the place of. Leave it out. ${seeHelp('score')}`,
    );
  }
  return openSession({ ...flags, model: folder }, terminal, {
    parts: CLIP_PARTS,
    make: (model, { device }) => createClip(model, { device }),
  });
}

/** Compares under a progress line. */
export async function showComparing<Result>(
  terminal: Terminal,
  quiet: boolean,
  compare: (onProgress: (progress: { readonly done: number; readonly total: number }) => void) => Promise<Result>,
): Promise<Result> {
  const progress = startProgress(terminal, 'compare', { unit: 'passes', quiet });
  try {
    return await compare(({ done, total }) => progress.update(done, total));
  } finally {
    progress.end();
  }
}

/** Opens it on a device that is there already, which stays open when it is disposed. */
export async function openClipOn(
  device: Device,
  folder: string,
  flags: NetFlags,
  terminal: Terminal,
): Promise<{ readonly clip: Clip; readonly weights: WeightHashes }> {
  return handOver(await openFolder(folder, CLIP_PARTS, flags, terminal), async (model) => {
    const clip = await createClip(model, { device });
    if (!flags.quiet) say(terminal, `clip    ${nameModel(folder)}`);
    return { clip, weights: hashWeights(model.manifest.parts) };
  });
}
