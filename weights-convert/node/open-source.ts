/**
 * A source as people name it: a path, or an address whose file is downloaded first and then read from the cache.
 */
import { isAddress } from '../address.ts';
import { downloadFile, type DownloadFileOptions } from './download-file.ts';
import { openFileSource, type FileSource } from './file-source.ts';

/**
 * Opens a file, wherever it is.
 *
 * @throws what `downloadFile` and `openFileSource` throw
 */
export async function openSource(source: string | URL, options: DownloadFileOptions): Promise<FileSource> {
  const isPath = typeof source === 'string' && !isAddress(source);
  return openFileSource(isPath ? source : (await downloadFile(source, options)).path);
}
