/**
 * Loads a whole DALL·E from a model folder at an address, where there is no disk. The entry for Node has one of its own,
 * for folders.
 */
import { parseAddress } from '../../weights-convert/address.ts';
import { checkModelOptions } from '../checks.ts';
import { checkText } from '../../base/check-argument.ts';
import type { AnyDevice } from '../../ops/index.ts';
import { sourceFromBlob } from '../../weights-convert/byte-source.ts';
import { downloadBlob, type DownloadOptions } from '../../weights-convert/download.ts';
import { openModel } from '../../weights-convert/model-folder.ts';
import { createDalle, type Dalle } from './dalle.ts';

export interface LoadDalleOptions extends DownloadOptions {
  /** Where it computes. */
  readonly device: AnyDevice;
}

/**
 * Loads a DALL·E. Its files are held as `Blob`s until `dispose`.
 *
 * @param folder address of the folder, relative to the page if it likes: the files of `dalle-gl convert` lie in it
 * @throws FormatError as `openModel` and `downloadBlob`; DalleError `E_PART_MISSING`; AbortedError `E_ABORTED`
 */
export async function loadDalle(folder: string | URL, given: LoadDalleOptions): Promise<Dalle> {
  if (!(folder instanceof URL)) checkText('loadDalle', 'folder, an address', folder);
  checkModelOptions('loadDalle', given);
  const { device, ...options } = given;
  const base = parseAddress(String(folder).replace(/\/?$/, '/'), globalThis.location?.href);
  const model = await openModel(async (file) => {
    const { blob, name } = await downloadBlob(new URL(file, base), options);
    return sourceFromBlob(blob, name);
  });
  try {
    return await createDalle(model, { device });
  } catch (error) {
    await model.close();
    throw error;
  }
}
