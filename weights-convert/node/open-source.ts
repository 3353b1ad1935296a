/**
 * A source as people name it: a path, a `file://` address, or an address whose file is downloaded first and then read
 * from the cache.
 */
import { dirname, join } from 'node:path';
import { parseAddress } from '../../base/address.ts';
import { pathOf } from '../../base/node/path-of.ts';
import { downloadSource, type DownloadFileOptions, type ExpectedFile } from './download-file.ts';
import { openFileSource, type FileSource } from './file-source.ts';

interface OpenSourceOptions extends DownloadFileOptions {
  /** What is known beforehand of a download. */
  readonly expected?: ExpectedFile | undefined;
  /** Called with the path of each file that is opened: this one, and those beside it. */
  readonly onOpen?: (path: string) => void;
}

/**
 * Opens a file, wherever it is.
 *
 * @throws what `pathOf`, `downloadFile` and `openFileSource` throw
 */
export async function openSource(source: string | URL, options: OpenSourceOptions): Promise<FileSource> {
  const { onOpen, ...rest } = options;
  const { file, path } = await openNamed(source, rest);
  onOpen?.(path);
  const openSibling = (name: string): Promise<FileSource> => {
    onOpen?.(join(dirname(path), name));
    return openFileSource(join(dirname(path), name));
  };
  return { ...file, openSibling };
}

async function openNamed(
  source: string | URL,
  { expected, ...options }: OpenSourceOptions,
): Promise<{ readonly file: FileSource; readonly path: string }> {
  const path = pathOf(source);
  if (path !== undefined) return { file: await openFileSource(path), path };
  const downloaded = await downloadSource(parseAddress(source), options, expected);
  return { file: downloaded.source, path: downloaded.file.path };
}
