/** Checks of what callers without types pass to this folder: sources, weights and architectures. See base/check-argument.ts. */
import { argumentError, checkFunction, checkObject } from '../base/check-argument.ts';
import { readSizes } from './families/openai/read-architecture.ts';
import type { ByteSource } from './byte-source.ts';
import type { NetArchitecture } from '../nets/net-kinds.ts';
import { readTransformer } from '../nets/transformer/read-architecture.ts';
import type { Weights } from '../nets/weights.ts';

export function checkSource(where: string, source: ByteSource): void {
  const advice = 'Bytes become a source with sourceFromBytes, a Blob or File with sourceFromBlob.';
  const { name, size, read } = (source ?? {}) as Partial<ByteSource>;
  if (typeof name === 'string' && Number.isSafeInteger(size) && typeof read === 'function') return;
  throw argumentError(where, 'a source of bytes: { name, size, read }', source, advice);
}

export function checkWeights(where: string, weights: Weights): void {
  checkObject(where, 'weights, as `openWeights` gives them', weights);
  checkArchitecture(where, weights.architecture);
  if (!(weights.tensors instanceof Map)) throw argumentError(where, 'tensors, a Map by name', weights.tensors);
  checkFunction(where, 'close', weights.close);
}

/** Throws UsageError `E_ARGUMENT`, or FormatError `E_ARCHITECTURE` for sizes that no net has. */
export function checkArchitecture(where: string, architecture: NetArchitecture): void {
  checkObject(where, 'an architecture', architecture);
  const { kind } = architecture;
  const fields = new Map(Object.entries(architecture));
  if (kind === 'transformer') readTransformer(fields);
  else if (kind === 'dvae-encoder' || kind === 'dvae-decoder') readSizes(kind, fields);
  else throw argumentError(where, 'an architecture whose kind is a net', kind);
}
