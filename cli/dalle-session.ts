/**
 * A whole DALL·E on a device for the length of a command, with what is told of it: on the screen, with `--json`, and in
 * the pictures, so that a picture can be drawn again from what it says.
 */
import { bundledModel, createDalle, Device, open, openModelFolder, type Dalle } from '../node.ts';
import { readPackageVersion } from '../package-files.ts';
import type { NetFlags, NetSettings } from './net.ts';
import { say, type Terminal } from './terminal.ts';

/** SHA-256 of the weights that decide what is drawn, by part. */
export type WeightHashes = Readonly<Record<string, readonly string[]>>;

export interface DalleSession {
  readonly dalle: Dalle;
  readonly settings: NetSettings;
  readonly weights: WeightHashes;
}

/**
 * Opens the device and the model of the flags, says which, runs `work` and frees both.
 *
 * @param drawn what a picture was drawn with, to draw it again; else the flags say
 */
export async function withDalle<Result>(
  flags: NetFlags,
  terminal: Terminal,
  work: (session: DalleSession) => Promise<Result>,
  drawn?: Pick<NetSettings, 'kernels' | 'precision'>,
): Promise<Result> {
  const { model = bundledModel, quiet } = flags;
  const chosen = drawn?.kernels ?? { calibrate: !flags.noCalibrate };
  const precision = drawn?.precision ?? flags.precision ?? 'full';
  const device = await open({ ...chosen, ...(flags.device && { device: flags.device }) });
  let dalle: Dalle | undefined;
  try {
    const folder = await openModelFolder(model);
    dalle = await createDalle(folder, { device, precision });
    if (!quiet) {
      say(terminal, `device  ${device.description}\nmodel   ${model}`);
      if (folder.manifest.notice) say(terminal, `weights ${folder.manifest.notice.replace(/[.;].*$/s, '')}`);
    }
    const settings = {
      device: device.description,
      kernels: device instanceof Device ? device.kernels : null,
      precision,
      model,
    };
    const weights = Object.fromEntries(
      Object.entries(folder.manifest.parts).map(([name, { files }]) => [name, files.map(({ sha256 }) => sha256)]),
    );
    return await work({ dalle, settings, weights });
  } finally {
    await dalle?.dispose();
    device.dispose();
  }
}

/** Who made a picture, for its text chunks. */
export const software: string = `dalle-gl ${readPackageVersion()}`;
