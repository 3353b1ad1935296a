/**
 * Inputs of a command: pictures loaded and brought to size, and what happens when one of several is bad: it is told at
 * once, the others go on, and the exit code is that of the first failure.
 */
import { FormatError, UsageError } from '../base/errors.ts';
import { decodeImage, preparePicture } from '../node.ts';
import { readSource } from '../images/node/read.ts';
import type { Dalle, Picture, PictureSize, PictureOptions } from '../node.ts';
import { seeHelp } from './arguments.ts';
import { describeFailure, sayFailure, type Failure } from './failure.ts';
import type { Terminal } from './terminal.ts';

interface PictureFlags {
  readonly size: PictureSize | undefined;
  readonly upscale: boolean;
}

/** The picture at a path, an address or `-`, in the size of the flags. */
export function loadPicture(input: string, { size, upscale }: PictureFlags, terminal: Terminal): Promise<Picture> {
  return loadPrepared(input, { upscale, ...(size !== undefined && { size }) }, terminal);
}

/** The picture at a path, an address or `-`, resized and cropped to the size that a transformer draws. */
export function loadPictureFor({ pictureSize, coder }: Dalle, input: string, terminal: Terminal): Promise<Picture> {
  return loadPrepared(input, { size: pictureSize, patch: coder.patch, upscale: true }, terminal);
}

/**
 * A picture of whole tokens: it was loaded before the model said how large they are. One that keeps its size is
 * cropped; a size that was asked for and does not fit is refused (`E_IMAGE_SIZE`).
 */
export function cropToPatch(picture: Picture, { size }: PictureFlags, patch: number): Picture {
  const { width, height } = picture;
  if (width % patch === 0 && height % patch === 0) return picture;
  return preparePicture(picture, { size: size === 'keep' ? size : { width, height }, patch });
}

/** The picture at a path, an address or `-`, as it is. */
export function loadWhole(input: string, terminal: Terminal): Promise<Picture> {
  return loadAs(input, (picture) => picture, terminal);
}

function loadPrepared(input: string, options: PictureOptions, terminal: Terminal): Promise<Picture> {
  return loadAs(input, (picture, name) => preparePicture(picture, { ...options, name }), terminal);
}

async function loadAs(
  input: string,
  prepare: (picture: Picture, name: string) => Picture,
  { signal, stdin, whileDeaf = (work) => work() }: Terminal,
): Promise<Picture> {
  const bytes = await readSource(input, { signal, stdin });
  const name = nameInput(input);
  // The largest picture takes seconds, in one piece.
  return whileDeaf(async () => prepare(await decodeImage(bytes, { name }), name));
}

function nameInput(input: string): string {
  return input === '-' ? 'standard input' : input;
}

/** Refuses (`E_OPERAND`) too few or too many words, and standard input named twice. */
export function checkOperands(
  command: string,
  operands: readonly string[],
  { least, most = Infinity, what }: { readonly least: number; readonly most?: number; readonly what: string },
): void {
  const repeated = operands.filter((operand) => operand === '-').length > 1;
  if (operands.length >= least && operands.length <= most && !repeated) return;
  const got = repeated ? '- (standard input) more than once' : operands.length === 0 ? 'none' : operands.join(' ');
  throw new UsageError('E_OPERAND', `${command}: wanted ${what}, got ${got}. ${seeHelp(command)}`);
}

interface InputFailure {
  readonly input: string;
  readonly error: Failure;
}

interface Outcomes<Result> {
  /** One for each input, in order. */
  readonly results: readonly (Result | InputFailure)[];
  /** What the first bad input threw; undefined when all went well. */
  readonly failure: unknown;
}

/**
 * Runs `work` for every input. Of several inputs a bad file (FormatError) does not stop the others; anything else
 * does, and so does a single input.
 */
export async function processInputs<Result>(
  inputs: readonly string[],
  terminal: Terminal,
  work: (input: string, index: number) => Promise<Result>,
): Promise<Outcomes<Result>> {
  const results: (Result | InputFailure)[] = [];
  let failure: unknown;
  for (const [index, input] of inputs.entries()) {
    try {
      results.push(await work(input, index));
    } catch (error) {
      if (inputs.length === 1 || !(error instanceof FormatError)) throw error;
      sayFailure(terminal, error);
      results.push({ input, error: describeFailure(error) });
      failure ??= error;
    }
  }
  return { results, failure };
}
