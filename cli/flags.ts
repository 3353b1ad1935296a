/**
 * Flags that several commands share, declared once, and the forms their values take.
 */
import type { DeviceName, Precision } from '../node.ts';
import { pathOf } from '../base/node/path-of.ts';
import { MAX_PIXELS } from '../images/picture.ts';
import type { PictureSize } from '../images/prepare.ts';
import { mostThreads } from '../load/cpu-options.ts';
import { OutOfRange, type Option, type Switch } from './arguments.ts';

/** The flags of every command; command-line.ts answers the last two itself. */
export const commonFlags: Readonly<Record<'json' | 'quiet' | 'help' | 'version', Switch>> = {
  json: { help: 'print exactly one JSON object on standard output' },
  quiet: { help: 'say nothing but failures' },
  help: { short: 'h', help: 'print this' },
  version: { short: 'v', help: 'print the version of dalle-gl and of Node' },
};

/** For the commands that open a model. */
export const noVerifyFlag: Switch = {
  help: 'do not compare the model with the hashes in its model.json; done once for each file, and remembered',
};

/** The flags of the commands that open a device. */
export const deviceFlags: { readonly device: Option<DeviceName>; readonly threads: Option<number> } = {
  device: {
    value: 'NAME',
    help: 'cpu, webgl, egl, egl:N, egl:/path/libEGL.so, headless-gl or reference [egl on a GPU, else cpu]; see doctor',
    parse: parseDevice,
  },
  threads: {
    value: 'N',
    help: 'how many compute on the CPU device; no number of a result depends on it [as many as may run at once]',
    parse: parseThreads,
  },
};

/** The flags of the commands that run a net. */
export const netFlags: {
  readonly model: Option<string>;
  readonly device: Option<DeviceName>;
  readonly threads: Option<number>;
  readonly precision: Option<Precision>;
  readonly noCalibrate: Switch;
  readonly noVerify: Switch;
} = {
  model: {
    short: 'm',
    value: 'DIR',
    help: 'a model folder made by convert, or the address of one [the small one in the package]',
    parse: parseSource,
    isText: true,
  },
  ...deviceFlags,
  precision: {
    value: 'P',
    help: 'full, or half: faster and smaller, tokens may differ at one place in a thousand [full]',
    parse: parsePrecision,
  },
  noCalibrate: {
    help: 'take the default kernels; else the fastest are found once for each driver or processor, and remembered',
  },
  noVerify: noVerifyFlag,
};

/** Where the commands that draw put their pictures. */
export const drawingOutputFlag: Option<string> = {
  short: 'o',
  value: 'FILE|DIR',
  help: 'a .png (a grid; its tokens go beside it), a folder (a picture each), or - [<text>-<seed>.png]',
  parse: parsePath,
  isText: true,
};

/** The flags of the commands that take pictures. */
export const pictureFlags: { readonly size: Option<PictureSize>; readonly upscale: Switch } = {
  size: {
    value: 'SIZE',
    help: 'in pixels, multiples of a token’s 8 or 16: 256, 320x200, or keep to crop without resizing [256]',
    parse: parseSize,
  },
  upscale: { help: 'enlarge a picture that is smaller than the size' },
};

/** What is read: a path, `-`, or an address; `file://` becomes its path. Throws UsageError `E_DOWNLOAD_ADDRESS`. */
export function parseSource(text: string): string {
  return pathOf(text) ?? text;
}

/** What is written: a path or `-`; `file://` becomes its path. */
export function parsePath(text: string): string {
  const path = pathOf(text);
  if (path !== undefined) return path;
  throw new Error('a path');
}

/** `256`, `320x200` or `keep`. */
export function parseSize(text: string): PictureSize {
  if (text === 'keep') return 'keep';
  const sides = /^(\d{1,6})(?:x(\d{1,6}))?$/.exec(text);
  if (!sides) throw new Error('a size such as 256, 320x200 or keep');
  const width = Number(sides[1]);
  const height = Number(sides[2] ?? width);
  if (width > 0 && height > 0 && width % 8 === 0 && height % 8 === 0 && width * height <= MAX_PIXELS) {
    return sides[2] === undefined ? width : { width, height };
  }
  const wanted = `a size in positive multiples of 8, of at most ${MAX_PIXELS / 1e6} megapixels (a token stands for 8 × 8)`;
  throw new OutOfRange('E_IMAGE_SIZE', wanted);
}

/** A number in decimals, as people type one: `7`, `-0.5`, `1e3`; undefined for anything else. */
export function readNumber(text: string): number | undefined {
  // Added to 0, -0 is 0.
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? 0 + Number(text) : undefined;
}

function parsePrecision(text: string): Precision {
  if (text === 'full' || text === 'half') return text;
  throw new Error('full or half');
}

const deviceNames: readonly string[] = ['cpu', 'webgl', 'egl', 'headless-gl', 'reference'] satisfies DeviceName[];

function parseDevice(text: string): DeviceName {
  if (deviceNames.includes(text) || /^egl:./.test(text)) return text as DeviceName;
  throw new Error('cpu, webgl, egl, egl:N, egl:/path/libEGL.so, headless-gl or reference');
}

function parseThreads(text: string): number {
  const threads = /^\d+$/.test(text) ? Number(text) : 0;
  if (threads >= 1 && threads <= mostThreads) return threads;
  throw new Error(`a whole number from 1 to ${mostThreads}`);
}
