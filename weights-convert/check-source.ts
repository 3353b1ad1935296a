/** A check of what callers without types pass to this folder. See base/check-argument.ts. */
import { argumentError } from '../base/check-argument.ts';
import type { ByteSource } from './byte-source.ts';

/** Throws UsageError `E_ARGUMENT`. */
export function checkSource(where: string, source: ByteSource): void {
  const advice = 'Bytes become a source with sourceFromBytes, a Blob or File with sourceFromBlob.';
  const { name, size, read } = (source ?? {}) as Partial<ByteSource>;
  if (typeof name === 'string' && Number.isSafeInteger(size) && typeof read === 'function') return;
  throw argumentError(where, 'a source of bytes: { name, size, read }', source, advice);
}
