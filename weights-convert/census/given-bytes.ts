/**
 * `pickle.dump` of a tensor writes its storage as bytes and a call of `torch.storage._load_from_bytes`, which gives
 * them to `torch.load`: a pickle within a pickle. Here the bytes are taken out, to be looked at instead.
 */
import type { FormatError } from '../../base/errors.ts';
import type { PickleTrace } from '../pickle/trace.ts';
import { globalName, isRecord, sequenceItems, type PickleValue } from '../pickle/records.ts';
import type { NameUse } from './found-pickle.ts';

export const OPENS_BYTES = 'torch.storage._load_from_bytes';

/**
 * What each call is given; undefined if one of them is not given plain bytes, or is not a plain call.
 *
 * @param failure why the pickle breaks off, if it does
 */
export function listGivenBytes(
  { calls }: PickleTrace,
  use: NameUse,
  failure: FormatError | undefined,
): Uint8Array[] | undefined {
  // A large tensor comes behind the name and exceeds what is read: no call was seen, and the file is refused anyway.
  if (use.calls === 0 && (failure?.code === 'E_PICKLE_LIMIT' || failure?.code === 'E_PICKLE_TRUNCATED')) return [];
  const direct = calls.filter(({ by, callee }) => by === 'reduce' && globalName(callee) === OPENS_BYTES);
  if (direct.length === 0 || direct.length !== use.calls) return undefined;
  const given = direct.flatMap(({ args }) => readBytes(sequenceItems(args)) ?? []);
  return given.length === direct.length ? given : undefined;
}

/** Bytes as Python 3 pickles them in protocols 3 and up, and in those below: as text that is to be encoded. */
function readBytes(args: readonly PickleValue[] | undefined): Uint8Array | undefined {
  if (args?.length !== 1) return undefined;
  const [value] = args;
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') return encodeLatin1(value);
  if (!isRecord(value) || value.tag !== 'call' || globalName(value.callee) !== '_codecs.encode') return undefined;
  const [text, encoding] = sequenceItems(value.args) ?? [];
  return typeof text === 'string' && encoding === 'latin1' ? encodeLatin1(text) : undefined;
}

function encodeLatin1(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff) return undefined;
    bytes[i] = code;
  }
  return bytes;
}
