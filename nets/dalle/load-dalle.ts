/**
 * Loads a whole DALL·E from a model folder at an address, where there is no disk. The entry for Node has one of its own,
 * for folders.
 */
import type { Device } from '../../ops/index.ts';
import { sourceFromBlob } from '../../weights-convert/byte-source.ts';
import { downloadBlob, type DownloadOptions } from '../../weights-convert/download.ts';
import { openModel } from '../../weights-convert/model-folder.ts';
import { createDalle, type Dalle } from './dalle.ts';

export interface LoadDalleOptions extends DownloadOptions {
  /** Where it computes. */
  readonly device: Device;
}

/**
 * Loads a DALL·E. Its files are held as `Blob`s until `dispose`.
 *
 * @param folder address of the folder, relative to the page if it likes: the files of `dalle-gl convert` lie in it
 * @throws FormatError as `openModel` and `downloadBlob`; DalleError `E_PART_MISSING`; AbortedError `E_ABORTED`
 */
export async function loadDalle(folder: string | URL, { device, ...options }: LoadDalleOptions): Promise<Dalle> {
  const base = new URL(String(folder).replace(/\/?$/, '/'), globalThis.location?.href);
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
