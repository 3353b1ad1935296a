/**
 * Nets in a pickle that is no file of torch's: state dicts of NumPy's arrays, whose bytes lie in the pickle itself.
 */
import { FormatError } from '../../base/errors.ts';
import type { ByteSource } from '../byte-source.ts';
import type { FileContents } from '../contents/file-tensors.ts';
import { findNets, hasSites } from './find-nets.ts';
import { listNetClasses } from './find-sites.ts';
import { findTensors } from '../contents/find-tensors.ts';
import type { FoundNet, SearchedFile } from './found-net.ts';
import { DEFAULT_BUDGETS } from '../pickle/budgets.ts';
import { decodePickle, type DecodedPickle } from '../pickle/decode-pickle.ts';
import { storageError, StorageTable } from '../torch/storage.ts';

/**
 * The nets of a bare pickle.
 *
 * @returns undefined if there is none in it: what it is instead is for others to say
 * @throws FormatError as `findTorchNets`, `E_PICKLE_TRAILING`, `E_PICKLE_LIMIT`; UnsafeFileError
 *   `E_PICKLE_EXEC_ATTEMPT`
 */
export async function findPickledNets(source: ByteSource, searched: SearchedFile): Promise<FoundNet[] | undefined> {
  const bytes = await source.read(0, Math.min(source.size, DEFAULT_BUDGETS.streamBytes));
  let pickle: DecodedPickle;
  let contents: FileContents;
  try {
    pickle = decodePickle(bytes);
    const file = { root: pickle.root, storages: new StorageTable(new Map()), readTensor, readTensorBlocks };
    contents = findTensors(file, listNetClasses(searched.families));
  } catch (error) {
    if (!(error instanceof FormatError) || error.code === 'E_NPY_SIZE') throw error;
    if (error.code === 'E_PICKLE_TRUNCATED' && bytes.length < source.size) throw sizeError(source);
    return undefined;
  }
  if (!hasSites(contents, searched)) return undefined;
  if (pickle.length !== source.size) throw trailingError(source, source.size - pickle.length);
  return findNets(contents, searched);
}

/** There are no storages beside a bare pickle, so none of torch's tensors is ever found. */
async function readTensor(): Promise<never> {
  throw storageError('a bare pickle has no storages');
}

async function* readTensorBlocks(): AsyncGenerator<never> {
  await readTensor();
}

function sizeError({ name, size }: ByteSource): FormatError {
  return new FormatError(
    'E_PICKLE_LIMIT',
    `openWeights: ${name} is a pickle of ${size} bytes, and at most ${DEFAULT_BUDGETS.streamBytes} are read of one that is ` +
      `not torch.save's. Save the arrays with numpy.savez, or the model with torch.save, and convert that.`,
  );
}

function trailingError({ name }: ByteSource, count: number): FormatError {
  return new FormatError(
    'E_PICKLE_TRAILING',
    `openWeights: ${count} bytes follow the pickle in ${name}. pickle.dump writes none: the file is damaged, or hides ` +
      `something; save the arrays into a file of their own.`,
  );
}
