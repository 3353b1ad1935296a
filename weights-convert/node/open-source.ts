/**
 * A source as people name it: a path, or an address whose file is downloaded first and then read from the cache.
 */
import { dirname, join } from 'node:path';
import { isAddress } from '../address.ts';
import { downloadFile, type DownloadFileOptions } from './download-file.ts';
import { openFileSource, type FileSource } from './file-source.ts';

export interface OpenSourceOptions extends DownloadFileOptions {
  /** Called with the path of each file that is opened: this one, and those beside it. */
  readonly onOpen?: (path: string) => void;
}

/**
 * Opens a file, wherever it is.
 *
 * @throws what `downloadFile` and `openFileSource` throw
 */
export async function openSource(source: string | URL, options: OpenSourceOptions): Promise<FileSource> {
  const isPath = typeof source === 'string' && !isAddress(source);
  const path = isPath ? source : (await downloadFile(source, options)).path;
  const file = await openFileSource(path);
  options.onOpen?.(path);
  const openSibling = (name: string): Promise<FileSource> => {
    options.onOpen?.(join(dirname(path), name));
    return openFileSource(join(dirname(path), name));
  };
  return { ...file, openSibling };
}
