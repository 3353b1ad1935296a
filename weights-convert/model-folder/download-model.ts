/** A model folder at an address, opened where there is no disk: only the files of the wanted parts are downloaded. */
import { sourceFromBlob } from '../byte-source.ts';
import { downloadPart, type DownloadOptions } from '../transfer/download.ts';
import type { PartName } from './manifest.ts';
import { addressIn, parseFolder } from './model-address.ts';
import { openModel, type Model, type OpenModelOptions } from './open-model.ts';

export interface DownloadModelOptions extends DownloadOptions, OpenModelOptions {}

/**
 * Opens a model folder at an address, relative to the page if it likes. Its files are held as `Blob`s until `close`.
 *
 * @param wanted only these parts are downloaded [all]
 * @throws as `openModel` and `downloadBlob`
 */
export async function downloadModel(
  folder: string | URL,
  { verify = true, ...options }: DownloadModelOptions,
  wanted?: readonly PartName[],
): Promise<Model> {
  const base = parseFolder(folder, globalThis.location?.href);
  const { signal } = options;
  return openModel(
    async (name, file) => {
      const { blob } = await downloadPart(addressIn(base, name), options, file, verify);
      return sourceFromBlob(blob, name);
    },
    wanted,
    { verify, ...(signal && { signal }) },
  );
}
