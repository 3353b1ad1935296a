/** A whole DALL·E for the length of a command, with the hashes that tell whether a picture was drawn by its weights. */
import { createDalle, type Dalle, type Device } from '../node.ts';
import type { CpuChoice, KernelChoice } from '../engine/index.ts';
import type { ModelManifest } from '../weights-convert/model-folder/manifest.ts';
import { openSession, type NetFlags, type NetSettings } from './session.ts';
import { say, type Terminal } from './terminal.ts';

/** SHA-256 of a model's files, by part. */
export type WeightHashes = Readonly<Record<string, readonly string[]>>;

export interface DalleSession {
  readonly dalle: Dalle;
  /** What it computes on, for others too. */
  readonly device: Device;
  readonly settings: NetSettings;
  readonly weights: WeightHashes;
  /** Whose the weights are, and what may be done with them: whoever gets a picture should know. */
  readonly terms: Pick<ModelManifest, 'licence' | 'notice'>;
}

/**
 * Opens the model and the device of the flags, says which, runs `work` and frees both.
 *
 * @param kernels those that a picture was drawn with, to draw it again; else calibrated, or the default ones
 */
export async function withDalle<Result>(
  flags: NetFlags,
  terminal: Terminal,
  work: (session: DalleSession) => Promise<Result>,
  kernels?: KernelChoice | CpuChoice,
): Promise<Result> {
  let manifest!: ModelManifest;
  let device!: Device;
  const session = await openSession(flags, terminal, {
    make: (model, on) => {
      manifest = model.manifest;
      device = on.device;
      return createDalle(model, on);
    },
    kernels,
  });
  try {
    const { net: dalle, settings } = session;
    const { licence, notice, parts } = manifest;
    if (!flags.quiet && notice) say(terminal, takeFirstClause(notice));
    const terms = { ...(licence !== undefined && { licence }), ...(notice !== undefined && { notice }) };
    return await work({ dalle, device, settings, weights: hashWeights(parts), terms });
  } finally {
    await session.dispose();
  }
}

/** The hashes of a model's files. */
export function hashWeights(parts: ModelManifest['parts']): WeightHashes {
  return Object.fromEntries(
    Object.entries(parts).map(([name, { files }]) => [name, files.map(({ sha256 }) => sha256)]),
  );
}

/** Whose weights they are stands first. */
function takeFirstClause(notice: string): string {
  return notice.replace(/[.;\n].*$/s, '.');
}
