/**
 * Whether bytes are a pickle, by what they are and never by a name. Protocols 2 and later begin with a mark; those
 * before do not, and are known by reading to their end, or by what they name before they break.
 */
import { FormatError } from '../../base/errors.ts';
import { decodePickle } from '../pickle/decode-pickle.ts';
import { listCalledNames } from '../pickle/called-names.ts';
import { makeTrace, type PickleTrace } from '../pickle/trace.ts';
import { OPCODES } from '../pickle/opcodes.ts';

const PROTO = 0x80;
const NEWEST_PROTOCOL = 5;
/** So many in a row are no accident, and each takes time. */
const ENOUGH_PICKLES = 1_000;

/** True where a pickle's mark stands, with a protocol that exists. */
export function hasPickleMark(bytes: Uint8Array, at = 0): boolean {
  return bytes[at] === PROTO && bytes[at + 1]! <= NEWEST_PROTOCOL;
}

/** True for a pickle that names something before it breaks, since an attack may break behind its call. */
export function namesSomething({ globals, calls }: PickleTrace): boolean {
  // Python imports a module of any name that a file can have, which data does not go on to call.
  return (
    globals.some(({ module, name }) => /^[\w.]+$/.test(module) && /^[\w.]+$/.test(name)) ||
    calls.some((call) => listCalledNames(call).length > 0)
  );
}

/**
 * Whether a file without a pickle's mark is one all the same: one pickle after another, with nothing but zeros behind,
 * or one that names something.
 *
 * @param sample the file's first bytes
 * @param size of the whole file
 */
export function looksLikePickles(sample: Uint8Array, size: number): boolean {
  if (!OPCODES.has(sample[0]!)) return false;
  for (let position = 0, pickles = 0; position < sample.length && pickles < ENOUGH_PICKLES; pickles++) {
    const rest = sample.subarray(position);
    if (rest.every((byte) => byte === 0)) return true;
    const trace = makeTrace();
    try {
      position += decodePickle(rest, { trace }).length;
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      const isCut = error.code === 'E_PICKLE_TRUNCATED' && sample.length < size;
      return isCut || namesSomething(trace);
    }
  }
  return true;
}
