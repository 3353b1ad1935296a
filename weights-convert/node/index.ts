/** What the converter adds in Node: files, folders, and downloads that are kept. See weights-convert/index.ts for the rest. */
export { openFileSource, type FileSource } from './file-source.ts';
export type { ConversionControl, ConversionProgress } from './conversion-progress.ts';
export {
  convertToModelFolder,
  type ConversionReport,
  type ConvertedFiles,
  type ConvertedPart,
  type ConvertOptions,
} from './convert.ts';
export { downloadFile, type DownloadedFile, type DownloadFileOptions } from './download-file.ts';
export { exportCheckpoints, type ExportedCheckpoint, type ExportOptions } from './export-checkpoints.ts';
export { openModelFolder, type OpenFolderOptions } from './open-model-folder.ts';
export { writeOfficialSizePickles, type GeneratedFile } from './write-official-size.ts';
