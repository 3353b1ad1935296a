/**
 * Files that may be replaced though nobody named them: `generate` and `complete` replace what they drew themselves,
 * which says so in its recipe, and the tokens beside it; in a folder of results a picture of ours gives way to another,
 * and tokens to tokens. Anything else that stands in the place of a result stays there.
 */
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { DalleError } from '../base/errors.ts';
import { explainFileError } from '../base/node/file-error.ts';
import { makePngChunk, PNG_SIGNATURE_BYTES, readPngChunks } from '../images/png-chunks.ts';
import { readPngText } from '../images/png-text.ts';

/** The recipe comes before the pixels; one that is longer was not written by a command line. */
const MAX_HEAD = 1 << 20;
/** Bytes of the header of an array of few dimensions. */
const NPY_HEADER = 128;
/** Whole PNGs end so. */
const END = makePngChunk('IEND', new Uint8Array(0));

/** The files of a drawing. */
export interface DrawingPaths {
  /** One for all pictures, or one for each. */
  readonly pictures: readonly string[];
  /** Standard output and devices take no second file. */
  readonly tokens: string | undefined;
}

/** What each file of a drawing may do to its place. */
type Places = ReadonlyMap<string, 'new' | 'replace'>;

/**
 * Looks at the places of a drawing's files.
 *
 * @throws DalleError `E_OUTPUT_EXISTS` for a file that is no picture of ours; FormatError `E_FILE_*`
 */
export function findPlaces({ pictures, tokens }: DrawingPaths, command: string): Places {
  const places = new Map(pictures.map((path) => [path, placeOf(path, isDrawing, command)] as const));
  const isOurs = [...places.values()].includes('replace');
  if (tokens !== undefined)
    places.set(
      tokens,
      placeOf(tokens, (present) => isOurs && isTokens(present, 3), command),
    );
  return places;
}

/**
 * Looks at the place of a result in a folder: of pictures only ours are replaced, of arrays only such as tokens are.
 *
 * @throws DalleError `E_OUTPUT_EXISTS`; FormatError `E_FILE_*`
 */
export function checkResultPlace(path: string, command: string): void {
  placeOf(path, (present) => readSettings(present) !== undefined || isTokens(present, 2), command);
}

function placeOf(path: string, mayReplace: (path: string) => boolean, command: string): 'new' | 'replace' {
  try {
    const present = statSync(path, { throwIfNoEntry: false });
    if (!present) return 'new';
    if (present.isDirectory()) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' });
    if (present.isFile() && mayReplace(path)) return 'replace';
  } catch (error) {
    throw explainFileError(command, 'write', path, error);
  }
  throw new DalleError(
    'E_OUTPUT_EXISTS',
    `${command}: ${path} is there already and is no result of ours that may be replaced, so it was not touched. Name ` +
      'another file with -o, or move that one away.',
  );
}

function isDrawing(path: string): boolean {
  const command = readSettings(path)?.['command'];
  return command === 'generate' || command === 'complete';
}

/** What a whole PNG tells of how we made it; undefined for any other file, and for one that cannot be read. */
function readSettings(path: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const settings: unknown = JSON.parse(readPngText(readHead(path), path)['dalle-gl'] ?? 'null');
    return typeof settings === 'object' && settings !== null ? { ...settings } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a file is an array as we write it: int32, [H, W] by `encode`, and [n, H, W] beside a drawing. */
function isTokens(path: string, dimensions: 2 | 3): boolean {
  try {
    const fd = openForReading(path);
    try {
      const [, shape] =
        /^\x93NUMPY[^]*'descr': '<i4'[^]*'shape': \((\d+(?:, \d+)*)\)/.exec(
          readAt(fd, 0, NPY_HEADER).toString('latin1'),
        ) ?? [];
      return shape?.split(',').length === dimensions;
    } finally {
      closeSync(fd);
    }
  } catch {
    return false;
  }
}

function openForReading(path: string): number {
  return openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
}

/** A PNG of the chunks that come before the pixels. */
function readHead(path: string): Uint8Array {
  const fd = openForReading(path);
  try {
    const { size } = fstatSync(fd);
    const head = readAt(fd, 0, Math.min(size, MAX_HEAD));
    const isWhole = Buffer.compare(readAt(fd, size - END.length, END.length), END) === 0;
    let end = PNG_SIGNATURE_BYTES;
    for (const chunk of isWhole ? readPngChunks(head, path) : []) {
      if (chunk.type === 'IDAT') break;
      end = chunk.end;
    }
    return Buffer.concat([head.subarray(0, end), END]);
  } finally {
    closeSync(fd);
  }
}

function readAt(fd: number, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length;) {
    const count = readSync(fd, bytes, done, length - done, offset + done);
    if (count === 0) throw new Error('it was cut meanwhile');
    done += count;
  }
  return bytes;
}
