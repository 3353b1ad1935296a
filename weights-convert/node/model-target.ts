/**
 * What stands in the folder where a model is to go, and what of it may be touched: nothing without `force`; with it,
 * what a model.json of ours lists, if it is called as we call files, and never a source of the conversion.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DalleError, UsageError } from '../../base/errors.ts';
import { identifyFile } from '../../base/node/file-identity.ts';
import { readTemporaryName } from '../../base/node/temporary-files.ts';
import { MANIFEST_NAME, type ModelFile, type ModelManifest } from '../model-folder/manifest.ts';
import { hashedName, isModelFile, plainName } from './model-file-names.ts';
import { readModelManifest } from './open-model-folder.ts';
import { lookAtPlace } from './write-failure.ts';

export interface TargetOptions {
  readonly out: string;
  /** Replace a model that is there. */
  readonly force: boolean;
  /** Paths of files that are read. */
  readonly sources: readonly string[];
}

export interface ModelTarget {
  /** The files of the model that is replaced; none if there is none. */
  readonly listed: readonly ModelFile[];
  readonly isReplaced: boolean;
}

/**
 * Looks at the folder; touches nothing.
 *
 * @param isLocked false for a first look, when a killed conversion may still have to be cleaned up
 * @throws DalleError `E_OUTPUT_EXISTS`; UsageError `E_OUTPUT_CLASH`
 */
export async function inspectTarget(options: TargetOptions, isLocked: boolean): Promise<ModelTarget> {
  const { out, force } = options;
  const names: readonly string[] = await readdir(out).catch(() => []);
  const others = names.filter((name) => readTemporaryName(name) === undefined);
  if (!force && others.length > 0 && (isLocked || others.length === names.length)) throw notEmpty(out);
  if (!force || !names.includes(MANIFEST_NAME)) return { listed: [], isReplaced: false };
  const listed = listFiles(await readOwn(out)).filter(({ name }) => isModelFile(name));
  checkReplaced(options, [MANIFEST_NAME, ...listed.map(({ name }) => name)]);
  return { listed, isReplaced: true };
}

/**
 * Looks at the model that is to be replaced once more, after the long work.
 *
 * @throws DalleError `E_OUTPUT_EXISTS` if it is another one now; as `inspectTarget`
 */
export async function checkUnchanged(target: ModelTarget, options: TargetOptions): Promise<void> {
  if (!target.isReplaced) return; // a new file never takes the place of another
  const now = await inspectTarget(options, true);
  if (JSON.stringify(now) === JSON.stringify(target)) return;
  throw new DalleError(
    'E_OUTPUT_EXISTS',
    `writeModelFolder: the model in ${options.out} was changed while another was made, so it was not touched. Look at it, ` +
      'then convert again.',
  );
}

/** All files that a manifest names. */
export function listFiles({ parts }: ModelManifest): ModelFile[] {
  return Object.values(parts).flatMap(({ files }) => files);
}

/**
 * Refuses, before anything is written, a plain name that stands for a file which no manifest lists.
 *
 * @throws DalleError `E_OUTPUT_EXISTS`; UsageError `E_OUTPUT_CLASH`
 */
export function checkName({ listed }: ModelTarget, { out, sources }: TargetOptions, name: string): void {
  const path = join(out, name);
  if (listed.some((file) => file.name === name) || !isThere(path)) return;
  if (isSource(path, sources)) throw isSourceToo(path);
  throw new DalleError(
    'E_OUTPUT_EXISTS',
    `writeModelFolder: ${path} is there, and no model.json of dalle-gl lists it, so nothing was touched. Name another ` +
      'folder, or move that file away.',
  );
}

interface FinalName {
  readonly name: string;
  readonly place: 'new' | 'replace';
}

/**
 * The name for a file of known content: that of the same content, the plain one if it is free, else one with its hash.
 */
export function chooseName({ listed }: ModelTarget, out: string, name: string, sha256: string): FinalName {
  const same = listed.find((file) => file.sha256 === sha256 && plainName(file.name) === name);
  if (same) return { name: same.name, place: isThere(join(out, same.name)) ? 'replace' : 'new' };
  return { name: isThere(join(out, name)) ? hashedName(name, sha256) : name, place: 'new' };
}

async function readOwn(out: string): Promise<ModelManifest> {
  return readModelManifest(out).catch((cause: unknown) => {
    throw new DalleError(
      'E_OUTPUT_EXISTS',
      `writeModelFolder: ${join(out, MANIFEST_NAME)} is not one that this dalle-gl wrote, or it is damaged, so nothing in ` +
        `${out} was touched. Name another folder, or move what is there away.`,
      { cause },
    );
  });
}

function checkReplaced({ out, sources }: TargetOptions, names: readonly string[]): void {
  for (const name of names) {
    const path = join(out, name);
    if (isSource(path, sources)) throw isSourceToo(path);
    if (!lookAtPlace(path)?.isDirectory()) continue;
    throw new DalleError(
      'E_OUTPUT_EXISTS',
      `writeModelFolder: ${path} is a folder, where model.json lists a file, so nothing was touched. Name another folder.`,
    );
  }
}

function isSource(path: string, sources: readonly string[]): boolean {
  const identity = identifyFile(path);
  return identity !== undefined && sources.some((source) => identifyFile(source) === identity);
}

function isThere(path: string): boolean {
  return lookAtPlace(path) !== undefined;
}

function isSourceToo(path: string): UsageError {
  return new UsageError(
    'E_OUTPUT_CLASH',
    `writeModelFolder: ${path} would be replaced, and it is a source of the conversion, so nothing was touched. Name ` +
      'another folder with -o.',
  );
}

function notEmpty(out: string): DalleError {
  return new DalleError(
    'E_OUTPUT_EXISTS',
    `writeModelFolder: ${out} is not empty, and nothing in it was touched. Name another folder, or add --force ` +
      `({ force: true }) to replace the model in it.`,
  );
}
