/**
 * A whole DALL·E on a device for the length of a command, with what is told of it: on the screen, with `--json`, and in
 * the pictures, so that a picture can be drawn again from what it says.
 */
import { bundledModel, createDalle, open, openModelFolder, type Dalle, type KernelChoice } from '../node.ts';
import type { ModelManifest } from '../weights-convert/model-folder/manifest.ts';
import type { Model } from '../weights-convert/model-folder/open-model.ts';
import { showDownloads } from './downloads.ts';
import { describeNet, nameModel, type NetFlags, type NetSettings } from './net.ts';
import { say, type Terminal } from './terminal.ts';

/** SHA-256 of a model's files, by part. */
export type WeightHashes = Readonly<Record<string, readonly string[]>>;

export interface DalleSession {
  readonly dalle: Dalle;
  readonly settings: NetSettings;
  readonly weights: WeightHashes;
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
  kernels?: KernelChoice,
): Promise<Result> {
  const { model = bundledModel, precision = 'full', quiet } = flags;
  const folder = await openFolder(model, flags, terminal);
  try {
    const chosen = kernels ?? { calibrate: !flags.noCalibrate };
    const device = await open({ ...chosen, ...(flags.device && { device: flags.device }) });
    try {
      const dalle = await createDalle(folder, { device, precision });
      const { notice } = folder.manifest;
      if (!quiet) say(terminal, `device  ${device.description}`, `model   ${nameModel(model)}`);
      if (!quiet && notice) say(terminal, takeFirstClause(notice));
      const session = {
        dalle,
        settings: describeNet(device, dalle.dvae, model),
        weights: hashWeights(folder.manifest),
      };
      return await work(session).finally(() => dalle.dispose());
    } finally {
      device.dispose();
    }
  } finally {
    await folder.close();
  }
}

async function openFolder(model: string, { noVerify, quiet }: NetFlags, terminal: Terminal): Promise<Model> {
  const downloads = showDownloads(terminal, quiet);
  try {
    const { onProgress } = downloads;
    return await openModelFolder(model, undefined, { verify: !noVerify, onProgress, signal: terminal.signal });
  } finally {
    downloads.end();
  }
}

export function hashWeights({ parts }: ModelManifest): WeightHashes {
  return Object.fromEntries(
    Object.entries(parts).map(([name, { files }]) => [name, files.map(({ sha256 }) => sha256)]),
  );
}

/** Whose weights they are stands first. */
function takeFirstClause(notice: string): string {
  return notice.replace(/[.;\n].*$/s, '.');
}
