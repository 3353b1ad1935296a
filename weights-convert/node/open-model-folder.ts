/** Opens a model folder on disk or at an address. See model-folder/open-model.ts for what one is. */
import { basename, dirname, join } from 'node:path';
import { checkOptions } from '../../base/check-options.ts';
import { FormatError } from '../../base/errors.ts';
import { checkPath } from '../../base/node/open-file.ts';
import { pathOf } from '../../base/node/path-of.ts';
import type { ByteSource } from '../byte-source.ts';
import { findKnownModel } from '../known-models/known-model.ts';
import { KNOWN_MODELS } from '../known-models/known-models.ts';
import { MANIFEST_NAME, type ModelManifest, type PartName } from '../model-folder/manifest.ts';
import { parseManifest } from '../model-folder/manifest-json.ts';
import { addressIn, parseFolder } from '../model-folder/model-address.ts';
import { openModel, type Model, type OpenFile, type OpenModelOptions } from '../model-folder/open-model.ts';
import { downloadSource, type DownloadFileOptions } from './download-file.ts';
import { openFileSource } from './file-source.ts';

/** Those of a download are for folders at an address. */
export interface OpenFolderOptions extends OpenModelOptions, DownloadFileOptions {}

/**
 * Opens a model folder; its files stay open until `close`. Hashing them costs about 0.65 s of a core for a gigabyte,
 * once: which file had which hash is remembered in the cache.
 *
 * @param folder a path or an address (`file`, `http`, `https`) of the folder or of its `model.json`
 * @param wanted only these parts are opened, and downloaded [all]
 * @throws FormatError `E_FILE_MISSING` if there is no `model.json` or a file of it is gone, and as `openModel` and
 *   `downloadFile`
 */
export async function openModelFolder(
  folder: string | URL,
  wanted?: readonly PartName[],
  given: OpenFolderOptions = {},
): Promise<Model> {
  checkPath('openModelFolder', folder);
  checkOptions('openModelFolder', given);
  const { verify = true, ...options } = given;
  const { signal } = options;
  return openModel(openerOf(folder, options), wanted, { verify, ...(signal && { signal }) });
}

/** The folder of a model that was named by itself or by its `model.json`. */
export function folderOf(path: string): string {
  return basename(path) === MANIFEST_NAME ? dirname(path) : path;
}

/**
 * What `model.json` of a folder on disk says; none of the files it names is opened.
 *
 * @throws FormatError `E_FILE_MISSING`, and as `parseManifest`
 */
export async function readModelManifest(folder: string): Promise<ModelManifest> {
  const source = await openFileOf(folder, MANIFEST_NAME);
  try {
    return await parseManifest(source);
  } finally {
    await source.close?.();
  }
}

function openerOf(folder: string | URL, options: DownloadFileOptions): OpenFile {
  const path = pathOf(folder);
  if (path !== undefined) {
    const place = folderOf(path);
    return (name) => openFileOf(place, name);
  }
  const base = parseFolder(folder);
  return async (name, file) => {
    const expected = name === MANIFEST_NAME ? { check: parseManifest } : { bytes: file?.bytes };
    return (await downloadSource(addressIn(base, name), options, expected)).source;
  };
}

/** A missing part is a missing file; without its manifest the folder itself is the wrong one. */
async function openFileOf(folder: string, name: string): Promise<ByteSource> {
  try {
    return await openFileSource(join(folder, name));
  } catch (error) {
    if (name !== MANIFEST_NAME || !(error instanceof FormatError) || error.code !== 'E_FILE_MISSING') throw error;
    throw new FormatError(
      'E_FILE_MISSING',
      `openModelFolder: ${folder} is not a model folder: there is no ${join(folder, name)}. ${adviseOn(folder)}`,
      { cause: error },
    );
  }
}

/** Whoever reads a model's name in a list may take it for a folder. */
function adviseOn(folder: string): string {
  const known = findKnownModel(folder, KNOWN_MODELS);
  if (!known) {
    return (
      'Check the path, or make one: dalle-gl convert encoder.pkl decoder.pkl -o DIR. dalle-gl models lists what can be ' +
      'converted by name.'
    );
  }
  return (
    'It is the name of a known model, which has to be converted first, and then the folder is named: ' +
    `dalle-gl convert ${folder} -o DIR, which asks before it downloads.`
  );
}
