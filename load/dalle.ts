/**
 * Loads a whole DALL·E from a model folder at an address, where there is no disk. The entry for Node has one of its own,
 * for folders.
 */
import { checkText } from '../base/check-argument.ts';
import type { Device } from '../ops/index.ts';
import { downloadModel, type DownloadModelOptions } from '../weights-convert/model-folder/download-model.ts';
import { checkModelOptions } from '../nets/checks.ts';
import { createDalle, type Dalle } from '../nets/dalle/dalle.ts';

export interface LoadDalleOptions extends DownloadModelOptions {
  /** Where it computes. */
  readonly device: Device;
}

/**
 * Loads a DALL·E. Its files are held as `Blob`s until `dispose`.
 *
 * @param folder address of the folder or of its `model.json`, relative to the page if it likes: the files of
 *   `dalle-gl convert` lie in it
 * @throws FormatError as `openModel` and `downloadBlob`; DalleError `E_PART_MISSING`; AbortedError `E_ABORTED`
 */
export async function loadDalle(folder: string | URL, given: LoadDalleOptions): Promise<Dalle> {
  if (!(folder instanceof URL)) checkText('loadDalle', 'folder, an address', folder);
  checkModelOptions('loadDalle', given);
  const { device, ...options } = given;
  const model = await downloadModel(folder, options);
  try {
    return await createDalle(model, { device });
  } catch (error) {
    await model.close();
    throw error;
  }
}
