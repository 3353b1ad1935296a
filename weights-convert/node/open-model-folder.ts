/** Opens a model folder on disk. See model-folder.ts for what one is. */
import { join } from 'node:path';
import { openModel, type Model } from '../model-folder.ts';
import { openFileSource } from './file-source.ts';

/**
 * Opens a model folder; its files stay open until `close`.
 *
 * @throws FormatError `E_FILE_MISSING` if there is no `model.json` or a file of it is gone, and as `openModel`
 */
export function openModelFolder(folder: string): Promise<Model> {
  return openModel((name) => openFileSource(join(folder, name)));
}
