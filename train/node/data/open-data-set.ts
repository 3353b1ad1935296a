/**
 * A data set on disk: a folder of pictures with their captions. What lies in it is listed, and nothing decoded.
 */
import { basename, dirname } from 'node:path';
import { FormatError } from '../../../base/errors.ts';
import { checkPath, openRegularFile } from '../../../base/node/open-file.ts';
import { isFolder } from '../../../base/node/is-folder.ts';
import { decodeImage } from '../../../images/node/decode.ts';
import { listDataSet, type DataSet } from '../../data/data-set.ts';
import { walkFolder } from './walk-folder.ts';

/**
 * Lists the data set at `path`: a folder, or a `captions.jsonl` in one.
 *
 * @throws FormatError `E_DATA_EMPTY`, `E_DATA_KIND`, `E_DATA_LIMIT`, `E_FILE_*`
 */
export async function openDataSet(path: string): Promise<DataSet> {
  checkPath('openDataSet', path);
  if (isFolder(path)) return listDataSet(path, await walkFolder(path), decodeImage);
  const { handle } = await openRegularFile('openDataSet', path);
  await handle.close();
  if (basename(path) !== 'captions.jsonl') throw kindError(path);
  return listDataSet(path, await walkFolder(dirname(path)), decodeImage);
}

function kindError(path: string): FormatError {
  return new FormatError(
    'E_DATA_KIND',
    `openDataSet: wanted a folder of pictures, but ${path} is a single file. Name the folder that it lies in.`,
  );
}
