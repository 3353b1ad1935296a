/**
 * A pickle without torch's container, which holds no weights to read: refused with what it is, an attack, something
 * damaged, what `pickle.dump` makes of tensors, or simply no checkpoint.
 */
import { FormatError } from '../../base/errors.ts';
import type { ByteSource } from '../byte-source.ts';
import { OPENS_BYTES } from './given-bytes.ts';
import { findUnsafe, judgeCensus } from './judge-census.ts';
import { takeCensus } from './take-census.ts';

/** @throws UnsafeFileError `E_PICKLE_EXEC_ATTEMPT`; FormatError `E_PICKLE_*`, `E_FORMAT_UNKNOWN` */
export async function refuseBarePickle(source: ByteSource): Promise<never> {
  const census = await takeCensus(source, 'pickle');
  const unsafe = findUnsafe(census, source.name);
  if (unsafe) throw unsafe;
  // Said before a limit that such a file exceeds: its tensors are within the pickle.
  if (census.pickles.some(({ names }) => names.has(OPENS_BYTES))) {
    throw new FormatError(
      'E_PICKLE_DUMP',
      `openWeights: ${source.name} is what pickle.dump of PyTorch's tensors makes: each is a checkpoint of its own, given ` +
        `to torch.load. Nothing in it that could be read is wrong. Save it with torch.save(state_dict, path), and convert that.`,
    );
  }
  const failure = judgeCensus(census, source.name);
  if (failure) throw failure;
  throw new FormatError(
    'E_FORMAT_UNKNOWN',
    `openWeights: ${source.name} is a pickle, but not one that torch.save wrote, so it holds no tensors to read. Save ` +
      `the model with torch.save.`,
  );
}
