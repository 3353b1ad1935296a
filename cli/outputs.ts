/**
 * Where results go. `-o` with an extension is a file, without one a folder that is made when the first result is
 * ready; without `-o` a result lies beside its input; `-` is standard output. Everything that can be refused is
 * refused before any work: two results of one name, a result that would replace an input.
 */
import { statSync, type Stats } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { UsageError } from '../base/errors.ts';
import { explainFileError } from '../base/node/file-error.ts';
import { identifyFile, identifyOpenFile } from '../base/node/file-identity.ts';
import { makeFolders, removeFolders } from '../base/node/output-folder.ts';
import { checkResultPlace } from './replaceable-files.ts';
import type { Terminal } from './terminal.ts';

export interface OutputRules {
  /** The command's name, for messages. */
  readonly command: string;
  /** What `-o` may end in, such as `.png`; the first is what a folder gets. */
  readonly extensions: readonly [string, ...string[]];
  /** What comes before the extension when there is no `-o`: `.reconstruction`. Left out: `-o` is needed. */
  readonly suffix?: string;
  /** Whether all inputs go into one file. */
  readonly together?: boolean;
  /** What is read beside the inputs, such as the model's files [nothing]. */
  readonly reads?: readonly string[];
}

/**
 * One destination for each input, or for all together: a path, or `-`.
 *
 * @param output what was typed after `-o`
 * @throws UsageError `E_OUTPUT_NAME`, `E_OUTPUT_CLASH`; DalleError `E_OUTPUT_EXISTS`
 */
export function planOutputs(inputs: readonly string[], output: string | undefined, rules: OutputRules): string[] {
  const { command, extensions, suffix, together = false, reads = [] } = rules;
  const read = [...inputs, ...reads];
  if (output === undefined) {
    const names = inputs.map((input) => nameBeside(input, `${suffix ?? ''}${extensions[0]}`));
    return checkUnnamed(names, read, command);
  }
  const kind = output === '-' ? 'file' : kindOf(output);
  if (kind === 'folder') {
    const names = inputs.map((input) => join(output, `${stem(input)}${extensions[0]}`));
    return checkUnnamed(names, read, command);
  }
  if (output !== '-' && kind === 'file' && !extensions.includes(extname(output).toLowerCase())) {
    throw outputNameError(command, output, extensions);
  }
  if (inputs.length > 1 && !together) {
    throw new UsageError(
      'E_OUTPUT_NAME',
      `${command}: ${inputs.length} inputs do not fit into the one file ${output}. Name a folder, as in -o out/.`,
    );
  }
  return checkClashes([output], read, command);
}

/** Nobody has named these files: of what stands there only results of ours are replaced. */
function checkUnnamed(names: string[], read: readonly string[], command: string): string[] {
  checkClashes(names, read, command);
  for (const name of names) if (name !== '-') checkResultPlace(name, command);
  return names;
}

/** A file that a command does not write. */
export function outputNameError(command: string, output: string, extensions: readonly string[]): UsageError {
  return new UsageError(
    'E_OUTPUT_NAME',
    `${command}: -o ${output} does not end in ${extensions.join(' or ')}, which is all it writes. Name such a file, or a ` +
      'folder without an extension.',
  );
}

/** What `-o` names: a folder or a device such as /dev/null that is there, else by its extension. */
export function kindOf(output: string): 'file' | 'folder' | 'device' {
  const present = lookAt(output);
  if (present) return present.isDirectory() ? 'folder' : present.isFile() ? 'file' : 'device';
  return output.endsWith('/') || extname(output) === '' ? 'folder' : 'file';
}

function lookAt(output: string): Stats | undefined {
  try {
    return statSync(output, { throwIfNoEntry: false });
  } catch (error) {
    throw explainFileError('kindOf', 'write', output, error);
  }
}

/** Refuses (`E_OUTPUT_NAME`) binary data on a screen, or two things on one standard output. */
export function checkStdout(
  { stdout }: Terminal,
  destinations: readonly string[],
  json: boolean,
  command: string,
): void {
  if (!destinations.includes('-')) return;
  if (json) {
    throw new UsageError(
      'E_OUTPUT_NAME',
      `${command}: --json and the result cannot both go to standard output. Name a file with -o.`,
    );
  }
  if (!stdout.isTTY) return;
  throw new UsageError(
    'E_OUTPUT_NAME',
    `${command}: the result is not text, and standard output is a screen. Name a file with -o, or pipe it on.`,
  );
}

/** Runs `write` after making the folder of `destination`; folders made for nothing are removed again. */
export async function writeIntoFolder(destination: string, write: () => Promise<void>): Promise<void> {
  const folder = dirname(destination);
  const made = await makeFolders(folder, (path, cause) => explainFileError('writeIntoFolder', 'write', path, cause));
  try {
    await write();
  } catch (error) {
    await removeFolders(folder, made);
    throw error;
  }
}

/**
 * Refuses (`E_OUTPUT_CLASH`) two results that are one file, and a result that would replace a file that is read: they
 * are compared as files, through links, not by their names.
 *
 * @param read paths, addresses, or `-`
 */
export function checkClashes(destinations: string[], read: readonly string[], command: string): string[] {
  const taken = new Map(read.map((input) => [identifyInput(input), 'an input']));
  for (const destination of destinations) {
    const identity = identifyOutput(destination);
    if (identity === undefined) continue;
    const other = taken.get(identity);
    if (other !== undefined) {
      throw new UsageError(
        'E_OUTPUT_CLASH',
        `${command}: ${nameOutput(destination)} would be written, and it is ${other} too. Name another file or folder with -o.`,
      );
    }
    taken.set(identity, 'another result');
  }
  return destinations;
}

/** Standard input may be a file: `< picture.png`. */
function identifyInput(input: string): string | undefined {
  if (input === '-') return identifyOpenFile(0);
  return isPath(input) ? identifyFile(input) : undefined;
}

/** Standard output too: `>> picture.png`. */
function identifyOutput(output: string): string | undefined {
  return output === '-' ? identifyOpenFile(1) : identifyFile(output);
}

/** How messages call a destination. */
export function nameOutput(output: string): string {
  return output === '-' ? 'standard output' : output;
}

/** Beside its input; results of a download lie here, those of standard input go to standard output. */
export function nameBeside(input: string, ending: string): string {
  if (input === '-') return '-';
  return join(isPath(input) ? dirname(input) : '.', `${stem(input)}${ending}`);
}

/** The name of an input without folders, extension, and what follows a question mark in an address. */
function stem(input: string): string {
  if (input === '-') return 'stdin';
  const name = basename(isPath(input) ? input : input.replace(/[?#].*$/, ''));
  return name.slice(0, name.length - extname(name).length);
}

function isPath(name: string): boolean {
  return name !== '-' && !/^https?:\/\//i.test(name);
}
