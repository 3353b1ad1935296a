/**
 * Files that say what a net is and have no weights, such as DALLE-pytorch's `auxiliary.pt`. Training under DeepSpeed
 * writes it beside the weights (a `mp_rank_00_model_states.pt`, or the file that zero_to_fp32.py makes of the parts of
 * ZeRO). Others write JSON, such as the `config.json` beside Hugging Face's weights, or a text of another form, such as
 * minDALL-E's `config.yaml`.
 */
import { parseJson } from '../../base/parse-json.ts';
import { UnsafeFileError, type FormatError } from '../../base/errors.ts';
import type { ByteSource } from '../byte-source.ts';
import { judgeCensus } from '../census/judge-census.ts';
import { takeCensus } from '../census/take-census.ts';
import { findTensors } from '../contents/find-tensors.ts';
import { dict, list } from '../pickle/build-records.ts';
import { stringEntries, type PickleValue } from '../pickle/records.ts';
import { sniffContainer } from '../sniff.ts';
import { openTorchLegacy } from '../torch/torch-legacy.ts';
import { openTorchZip } from '../torch/torch-zip.ts';
import { FAMILIES } from './all-families.ts';
import type { Family, SavedSettings } from './family.ts';
import { listNetClasses } from './find-sites.ts';
import type { FoundSettings } from './found-net.ts';

/** Settings and nothing else take some kilobytes. */
const MAX_BYTES = 4 * 1024 * 1024;
const HEAD_BYTES = 64;

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
  const written = await readJsonSettings(source);
  if (written) return findForm(written, families);
  const text = await readTextSettings(source, families);
  if (text) return text;
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
  const found = entries && findForm(entries, families);
  if (!found || findTensors(opened, listNetClasses(families)).tensors.length > 0) return undefined;
  const failure = await judge();
  if (failure) throw failure;
  return found;
}

function findForm(entries: SavedSettings, families: readonly Family[]): FoundSettings | undefined {
  const file = families.map(({ form }) => form?.settingsFile).find((form) => form?.isSuch(entries));
  return file && { file, entries };
}

/** The entries of a file that is a JSON object; undefined for any other. */
async function readJsonSettings(source: ByteSource): Promise<SavedSettings | undefined> {
  const head = await source.read(0, Math.min(HEAD_BYTES, source.size));
  if (!/^\s*\{/.test(new TextDecoder().decode(head))) return undefined;
  let value: unknown;
  try {
    value = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(await source.read(0, source.size)));
  } catch {
    // Not UTF-8, or no JSON: whoever sniffs the file next says what it is.
    return undefined;
  }
  return stringEntries(recordOf(value));
}

/** What JSON gives as a pickle would have it. Its depth was bounded as it was parsed. */
function recordOf(value: unknown): PickleValue {
  if (Array.isArray(value)) return list(value.map(recordOf));
  if (typeof value === 'object' && value !== null) {
    return dict(Object.entries(value).map(([key, item]) => [key, recordOf(item)]));
  }
  return value as PickleValue;
}

/** The longest text that is taken for settings. */
const MAX_TEXT_BYTES = 64 * 1024;

async function readTextSettings(source: ByteSource, families: readonly Family[]): Promise<FoundSettings | undefined> {
  if (source.size > MAX_TEXT_BYTES) return undefined;
  const bytes = await source.read(0, source.size);
  // Texts have no such bytes, and nearly every other file has one.
  if (bytes.includes(0)) return undefined;
  const text = new TextDecoder().decode(bytes);
  for (const { form } of families) {
    const entries = form?.settingsFile?.readText?.(text);
    if (entries) return { file: form!.settingsFile!, entries };
  }
  return undefined;
}
