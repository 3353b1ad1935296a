/**
 * dalle-gl in Node: a device with no display, models from files, pictures from paths and addresses.
 *
 *     const dvae = await loadDVAE();
 *     const picture = preparePicture(await loadImage('cat.jpg'));
 *     const { tokens, pixels } = await dvae.reconstruct({ data: toPixels(picture), shape: [1, 3, 256, 256] });
 *     await savePng('again.png', fromPixels(pixels.data, pixels.shape)[0]!);
 *
 * Everything of the entry for browsers is here too, except that `open` looks for EGL and not for a canvas.
 */
export * from './index.ts';

export { bundledModel } from './base/node/package-files.ts';
export { createContext } from './engine/context/node/open.ts';
export { open, type DeviceName, type OpenOptions } from './load/node/open.ts';
export {
  createDalle,
  loadClip,
  loadDalle,
  loadDVAE,
  loadPictureCoder,
  openTokenizer,
  run,
} from './load/node/models.ts';
export type {
  LoadClipOptions,
  LoadDalleOptions,
  LoadDvaeOptions,
  LoadPictureCoderOptions,
} from './load/node/models.ts';

export { decodeImage } from './images/node/decode.ts';
export { loadImage, type LoadOptions } from './images/node/load.ts';
export { decodePng, encodePng } from './images/node/png.ts';
export { savePng, type SaveOptions } from './images/node/save.ts';

export { convertToModelFolder, type ConversionReport, type ConvertOptions } from './weights-convert/node/convert.ts';
export { downloadFile, type DownloadedFile, type DownloadFileOptions } from './weights-convert/node/download-file.ts';
export { exportCheckpoints, type ExportOptions } from './weights-convert/node/export-checkpoints.ts';
export type { ExportedCheckpoint } from './weights-convert/node/export-checkpoints.ts';
export { openFileSource, type FileSource } from './weights-convert/node/file-source.ts';
export { openModelFolder, type OpenFolderOptions } from './weights-convert/node/open-model-folder.ts';
