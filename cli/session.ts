/**
 * A model on a device for the length of a command: the flags that name both, opened under a progress line and freed in
 * the end, and what is told of them: on the screen, with `--json`, and in the pictures.
 */
import { bundledModel, openModelFolder } from '../node.ts';
import type { Device, Precision } from '../node.ts';
import type { CpuChoice, KernelChoice } from '../engine/index.ts';
import { isAddress } from '../base/address.ts';
import { readPackageVersion } from '../base/node/package-files.ts';
import { handOver } from '../load/hand-over.ts';
import type { PartName } from '../weights-convert/model-folder/manifest.ts';
import type { Model } from '../weights-convert/model-folder/open-model.ts';
import { showDownloads } from './downloads.ts';
import { checkThreads, kernelsOf, openDevice, tellUnusedThreads } from './open-device.ts';
import type { DeviceFlags, DeviceKernels } from './open-device.ts';
import { say, type Terminal } from './terminal.ts';

export interface NetFlags extends DeviceFlags {
  readonly model: string | undefined;
  readonly precision: Precision | undefined;
  readonly noCalibrate: boolean;
  readonly noVerify: boolean;
  readonly quiet: boolean;
}

/** What a result was made with: told with `--json` and kept in the pictures. */
export type NetSettings = DeviceKernels & {
  /** The driver in words. */
  readonly device: string;
  /** Of the dVAE. */
  readonly precision: Precision;
  /** The model folder. */
  readonly model: string;
};

/** The same for a picture. */
type RememberedNet = DeviceKernels & Omit<NetSettings, keyof DeviceKernels | 'model'> & { readonly model?: string };

/** Who made a picture, for its text chunks. */
export const software: string = `dalle-gl ${readPackageVersion()}`;

/** The settings for a picture, which may travel: where the package lies is nobody's business. */
export function rememberNet(settings: NetSettings): RememberedNet {
  const { model, ...others } = settings;
  return model === bundledModel ? others : settings;
}

interface Net {
  dispose(): Promise<void>;
}

export interface Session<Made extends Net> {
  readonly net: Made;
  readonly settings: NetSettings;
  /** Frees the net and its device. */
  dispose(): Promise<void>;
}

/** What a command wants of a model. */
interface SessionWish<Made extends Net> {
  /** Parts of the folder [all]. */
  readonly parts?: readonly PartName[];
  /** Makes the net, which owns the model's files from then on. */
  make(model: Model, on: { readonly device: Device; readonly precision: Precision }): Made | Promise<Made>;
  /** Those that a picture was drawn with, to draw it again [calibrated, or the default ones]. */
  readonly kernels?: KernelChoice | CpuChoice | undefined;
}

/** Opens the model and the device of the flags, and says which. */
export async function openSession<Made extends Net>(
  flags: NetFlags,
  terminal: Terminal,
  { parts, make, kernels }: SessionWish<Made>,
): Promise<Session<Made>> {
  const { model = bundledModel, precision = 'full', noCalibrate, quiet } = flags;
  checkThreads(flags);
  return handOver(await openFolder(model, parts, flags, terminal), async (folder) => {
    const device = await openDevice(flags, kernels ?? { calibrate: !noCalibrate });
    try {
      const net = await make(folder, { device, precision });
      if (!quiet) {
        say(terminal, `device  ${device.description}`, `model   ${nameModel(model)}`);
        say(terminal, ...tellUnusedThreads(flags, device.kind));
      }
      return {
        net,
        settings: { device: device.description, ...kernelsOf(device), precision, model: nameModel(model) },
        dispose: () => net.dispose().finally(() => device.dispose()),
      };
    } catch (error) {
      device.dispose();
      throw error;
    }
  });
}

/** Opens a model folder under a progress line. */
export async function openFolder(
  model: string,
  parts: readonly PartName[] | undefined,
  { noVerify, quiet }: NetFlags,
  terminal: Terminal,
): Promise<Model> {
  const { onProgress, end } = showDownloads(terminal, quiet);
  try {
    return await openModelFolder(model, parts, { verify: !noVerify, onProgress, signal: terminal.signal });
  } finally {
    end();
  }
}

/** How a model is called in all that is told of it: what follows a question mark in an address may be a secret. */
export function nameModel(model: string): string {
  return isAddress(model) ? model.replace(/[?#].*$/s, '') : model;
}
