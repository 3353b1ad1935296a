/**
 * A data set on disk: a folder of pictures with their captions, or of tar shards. What lies in it is listed, and
 * nothing decoded.
 */
import { basename, dirname } from 'node:path';
import { checkOptions } from '../../../base/check-options.ts';
import { FormatError } from '../../../base/errors.ts';
import { checkPath, openRegularFile } from '../../../base/node/open-file.ts';
import { isFolder } from '../../../base/node/is-folder.ts';
import { decodeImage } from '../../../images/node/decode.ts';
import type { DataFile } from '../../data/data-file.ts';
import { isShard, listDataSet, type DataSet } from '../../data/data-set.ts';
import { dataFile, walkFolder } from './walk-folder.ts';

/**
 * Lists the data set at `path`: a folder, a `captions.jsonl` in one, or a single tar shard.
 *
 * @throws FormatError `E_DATA_EMPTY`, `E_DATA_KIND`, `E_DATA_LIMIT`, `E_FILE_*`; AbortedError `E_ABORTED`
 */
export async function openDataSet(path: string, options: { readonly signal?: AbortSignal } = {}): Promise<DataSet> {
  checkPath('openDataSet', path);
  checkOptions('openDataSet', options);
  const { signal } = options;
  const list = (files: readonly DataFile[]): Promise<DataSet> => listDataSet(path, files, decodeImage, signal);
  if (isFolder(path)) return list(await walkFolder(path, signal));
  const { handle, size } = await openRegularFile('openDataSet', path);
  await handle.close();
  if (isShard(path)) return list([dataFile(path, basename(path), size)]);
  if (basename(path) !== 'captions.jsonl') throw kindError(path);
  return list(await walkFolder(dirname(path), signal));
}

function kindError(path: string): FormatError {
  return new FormatError(
    'E_DATA_KIND',
    `openDataSet: wanted a folder of pictures, captions.jsonl or a shard (.tar, .tar.gz, .tgz), but ${path} is ` +
      'another file. Name the folder that it lies in.',
  );
}
