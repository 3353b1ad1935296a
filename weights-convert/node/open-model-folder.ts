/** Opens a model folder on disk. See model-folder.ts for what one is. */
import { join } from 'node:path';
import { FormatError } from '../../base/errors.ts';
import { checkPath } from '../../base/node/open-file.ts';
import type { ByteSource } from '../byte-source.ts';
import { MANIFEST_NAME, type ModelManifest, type PartName } from '../manifest.ts';
import { parseManifest } from '../manifest-json.ts';
import { openModel, type Model } from '../model-folder.ts';
import { openFileSource } from './file-source.ts';

/**
 * Opens a model folder; its files stay open until `close`.
 *
 * @param wanted only these parts are opened [all]
 * @throws FormatError `E_FILE_MISSING` if there is no `model.json` or a file of it is gone, and as `openModel`
 */
export async function openModelFolder(folder: string, wanted?: readonly PartName[]): Promise<Model> {
  checkPath('openModelFolder', folder);
  return openModel((name) => openFileOf(folder, name), wanted);
}

/**
 * What `model.json` of a folder says; none of the files it names is opened.
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

/** A missing part is a missing file; without its manifest the folder itself is the wrong one. */
async function openFileOf(folder: string, name: string): Promise<ByteSource> {
  try {
    return await openFileSource(join(folder, name));
  } catch (error) {
    if (name !== MANIFEST_NAME || !(error instanceof FormatError) || error.code !== 'E_FILE_MISSING') throw error;
    throw new FormatError(
      'E_FILE_MISSING',
      `openModelFolder: ${folder} is not a model folder: there is no ${join(folder, name)}. Check the path, or make ` +
        `one: dalle-gl convert encoder.pkl decoder.pkl -o ${folder}`,
      { cause: error },
    );
  }
}
