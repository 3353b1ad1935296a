/**
 * DALLE-pytorch's `auxiliary.pt`: what says what a transformer is, in a file of its own. Training under DeepSpeed writes it
 * beside the weights (a `mp_rank_00_model_states.pt`, or the file that zero_to_fp32.py makes of the parts of ZeRO).
 */
import type { ByteSource } from '../../byte-source.ts';
import { judgeCensus } from '../../census/judge-census.ts';
import { takeCensus } from '../../census/take-census.ts';
import type { SavedSettings } from './open-transformer.ts';
import { findTensors } from '../../contents/find-tensors.ts';
import { plainEntries, stringEntries } from '../../pickle/records.ts';
import { sniffContainer } from '../../sniff.ts';
import { openTorchLegacy } from '../../torch/torch-legacy.ts';
import { openTorchZip } from '../../torch/torch-zip.ts';

/** Settings and nothing else take some kilobytes. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Reads a file as such settings.
 *
 * @returns undefined for any other file, which includes one that has weights too
 * @throws FormatError and UnsafeFileError as `openTorchZip` and `judgeCensus`
 */
export async function readSettingsFile(source: ByteSource): Promise<SavedSettings | undefined> {
  if (source.size > MAX_BYTES) return undefined;
  const container = await sniffContainer(source);
  if (container !== 'torch-zip' && container !== 'torch-legacy') return undefined;
  const file = await (container === 'torch-zip' ? openTorchZip : openTorchLegacy)(source);
  const settings = stringEntries(file.root);
  if (!settings || !plainEntries(settings.get('hparams')) || findTensors(file).tensors.length > 0) return undefined;
  const failure = judgeCensus(await takeCensus(source, container), source.name);
  if (failure) throw failure;
  return settings;
}
