/**
 * Files that say what a net is and have no weights, such as DALLE-pytorch's `auxiliary.pt`. Training under DeepSpeed
 * writes it beside the weights (a `mp_rank_00_model_states.pt`, or the file that zero_to_fp32.py makes of the parts of
 * ZeRO).
 */
import { UnsafeFileError, type FormatError } from '../../base/errors.ts';
import type { ByteSource } from '../byte-source.ts';
import { judgeCensus } from '../census/judge-census.ts';
import { takeCensus } from '../census/take-census.ts';
import { findTensors } from '../contents/find-tensors.ts';
import { stringEntries } from '../pickle/records.ts';
import { sniffContainer } from '../sniff.ts';
import { openTorchLegacy } from '../torch/torch-legacy.ts';
import { openTorchZip } from '../torch/torch-zip.ts';
import { FAMILIES } from './all-families.ts';
import type { Family } from './family.ts';
import { listNetClasses } from './find-sites.ts';
import type { FoundSettings } from './found-net.ts';

/** Settings and nothing else take some kilobytes. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Reads a file as such settings.
 *
 * @returns undefined for any other file, which includes one that has weights too
 * @throws FormatError and UnsafeFileError as `openTorchZip` and `judgeCensus`
 */
export async function readSettingsFile(
  source: ByteSource,
  families: readonly Family[] = FAMILIES,
): Promise<FoundSettings | undefined> {
  if (source.size > MAX_BYTES) return undefined;
  const container = await sniffContainer(source);
  if (container !== 'torch-zip' && container !== 'torch-legacy') return undefined;
  const judge = async (): Promise<FormatError | undefined> =>
    judgeCensus(await takeCensus(source, container), source.name);
  const opened = await (container === 'torch-zip' ? openTorchZip : openTorchLegacy)(source).catch(async (error) => {
    // What its pickles would do says more than why one of them cannot be read.
    const failure = await judge();
    throw failure instanceof UnsafeFileError ? failure : error;
  });
  const entries = stringEntries(opened.root);
  const file = entries && families.map(({ form }) => form?.settingsFile).find((form) => form?.isSuch(entries));
  if (!entries || !file || findTensors(opened, listNetClasses(families)).tensors.length > 0) return undefined;
  const failure = await judge();
  if (failure) throw failure;
  return { file, entries };
}
