/**
 * A source as people name it: a path, a `file://` address, or an address whose file is downloaded first and then read
 * from the cache.
 */
import { parseAddress } from '../../base/address.ts';
import { pathOf } from '../../base/node/path-of.ts';
import { downloadSource, type DownloadFileOptions } from './download-file.ts';
import { openFileSource, type FileSource } from './file-source.ts';

/**
 * Opens a file, wherever it is.
 *
 * @throws what `pathOf`, `downloadFile` and `openFileSource` throw
 */
export async function openSource(source: string | URL, options: DownloadFileOptions): Promise<FileSource> {
  const path = pathOf(source);
  return path === undefined ? (await downloadSource(parseAddress(source), options)).source : openFileSource(path);
}
