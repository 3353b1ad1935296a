/**
 * A model on a device for the length of a command: opened when the first good input asks for it, each stage prepared
 * and run under a progress line and a clock, and freed at the end whatever happened.
 * Pixels [1, 3, H, W] in 0…1, tokens [1, H/8, W/8].
 */
import { bundledModel, loadDVAE, open, type DeviceName } from '../node.ts';
import type { Device, Dvae, KernelChoice, Pixels, Precision, RunOptions, TokenGrid } from '../node.ts';
import { isAddress } from '../base/address.ts';
import { readPackageVersion } from '../base/node/package-files.ts';
import { showDownloads } from './downloads.ts';
import { startProgress } from './progress.ts';
import { say, type Terminal } from './terminal.ts';

export interface NetFlags {
  readonly model: string | undefined;
  readonly device: DeviceName | undefined;
  readonly precision: Precision | undefined;
  readonly noCalibrate: boolean;
  readonly noVerify: boolean;
  readonly quiet: boolean;
}

/** A result and the seconds it took: `prepare` uploads weights and compiles, once for each size. */
export interface Timed<Result> {
  readonly result: Result;
  readonly seconds: { readonly prepare: number; readonly run: number };
}

/** What a result was made with: told with `--json` and kept in the pictures. */
export interface NetSettings {
  /** The driver in words. */
  readonly device: string;
  /** Null on the reference device, which has none. */
  readonly kernels: KernelChoice | null;
  /** Of the dVAE. */
  readonly precision: Precision;
  /** The model folder. */
  readonly model: string;
}

/** Who made a picture, for its text chunks. */
export const software: string = `dalle-gl ${readPackageVersion()}`;

export function describeNet(device: Device, { precision }: Dvae, model: string): NetSettings {
  return { device: device.description, kernels: device.kernels, precision, model: nameModel(model) };
}

/** How a model is called in all that is told of it: what follows a question mark in an address may be a secret. */
export function nameModel(model: string): string {
  return isAddress(model) ? model.replace(/[?#].*$/s, '') : model;
}

/** The same for a picture, which may travel: where the package lies is nobody's business. */
export function rememberNet({ model, ...settings }: NetSettings): Omit<NetSettings, 'model'> & { model?: string } {
  return model === bundledModel ? settings : { ...settings, model };
}

export class Net {
  readonly settings: NetSettings;
  private readonly device: Device;
  private readonly dvae: Dvae;
  private readonly terminal: Terminal;
  private readonly quiet: boolean;

  constructor(device: Device, dvae: Dvae, model: string, terminal: Terminal, quiet: boolean) {
    this.settings = describeNet(device, dvae, model);
    this.device = device;
    this.dvae = dvae;
    this.terminal = terminal;
    this.quiet = quiet;
  }

  /** The settings as text chunks of a PNG, so that a picture tells how it was made. */
  pngText(): Record<string, string> {
    return { Software: software, 'dalle-gl': JSON.stringify(rememberNet(this.settings)) };
  }

  /** Throws `E_PART_MISSING` for work the model has no part for, before anything is computed. */
  expect(work: 'encode' | 'decode', shape: readonly number[]): void {
    this.dvae.planFor(work, shape);
  }

  encode(pixels: Pixels): Promise<Timed<TokenGrid>> {
    return this.time('encode', pixels.shape, (options) => this.dvae.encode(pixels, options));
  }

  decode(tokens: TokenGrid): Promise<Timed<Pixels>> {
    return this.time('decode', tokens.shape, (options) => this.dvae.decode(tokens, options));
  }

  async dispose(): Promise<void> {
    await this.dvae.dispose();
    this.device.dispose();
  }

  private async time<Result>(
    work: 'encode' | 'decode',
    shape: readonly number[],
    run: (options: RunOptions) => Promise<Result>,
  ): Promise<Timed<Result>> {
    const { signal } = this.terminal;
    const start = performance.now();
    await this.show(`${work}: preparing`, 'tensors', (onProgress) => {
      return this.dvae.planFor(work, shape).prepare({ signal, onProgress });
    });
    const prepared = performance.now();
    const result = await this.show(work, 'passes', (onProgress) => run({ signal, onProgress }));
    const end = performance.now();
    return { result, seconds: { prepare: (prepared - start) / 1000, run: (end - prepared) / 1000 } };
  }

  private async show<Result>(
    label: string,
    unit: 'passes' | 'tensors',
    work: (onProgress: (progress: { done: number; total: number }) => void) => Promise<Result>,
  ): Promise<Result> {
    const progress = startProgress(this.terminal, label, { unit, quiet: this.quiet });
    try {
      return await work(({ done, total }) => progress.update(done, total));
    } finally {
      progress.end();
    }
  }
}

/** Opens the device and the model of the flags, and says which. */
export async function openNet(flags: NetFlags, terminal: Terminal): Promise<Net> {
  const { model = bundledModel, precision = 'full', noVerify, quiet } = flags;
  const device = await open({ calibrate: !flags.noCalibrate, ...(flags.device && { device: flags.device }) });
  const downloads = showDownloads(terminal, quiet);
  try {
    const { onProgress } = downloads;
    const dvae = await loadDVAE(model, { device, precision, verify: !noVerify, onProgress, signal: terminal.signal });
    downloads.end();
    if (!quiet) say(terminal, `device  ${device.description}`, `model   ${nameModel(model)}`);
    return new Net(device, dvae, model, terminal, quiet);
  } catch (error) {
    downloads.end();
    device.dispose();
    throw error;
  }
}

/** Gives `work` a function that opens the net on first use, and frees what was opened. */
export async function withNet<Result>(
  flags: NetFlags,
  terminal: Terminal,
  work: (net: () => Promise<Net>) => Promise<Result>,
): Promise<Result> {
  let opened: Promise<Net> | undefined;
  try {
    return await work(() => (opened ??= openNet(flags, terminal)));
  } finally {
    // One that failed to open has been reported by whoever asked for it.
    await (await opened?.catch(() => undefined))?.dispose();
  }
}
