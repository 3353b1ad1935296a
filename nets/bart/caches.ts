/**
 * What a decoding remembers on the device: of every layer the keys and values of each candidate's tokens so far, and
 * those of the texts, which do not change while it draws.
 */
import { sizeOf } from '../../engine/index.ts';
import { createCache } from '../../ops/index.ts';
import type { State } from '../../ops/index.ts';
import { keyValueForm } from '../../ops/attention/attention.ts';
import { cacheShape } from '../../ops/cache/cache.ts';
import type { CacheForm } from '../../ops/cache/attributes.ts';
import { headSize, imageTokens, type BartDecoderArchitecture } from './architecture.ts';

/** One a layer. */
export interface BartCaches {
  readonly own: readonly State[];
  readonly text: readonly State[];
}

function ownForm(decoder: BartDecoderArchitecture, batch: number): CacheForm {
  return keyValueForm({ batch, length: imageTokens(decoder), heads: decoder.heads, headSize: headSize(decoder) });
}

/** The form of keys and values of texts: of rows that hold nothing else. */
export function textForm(decoder: BartDecoderArchitecture, texts: number, length: number): CacheForm {
  return { ...keyValueForm({ batch: texts, length, heads: decoder.heads, headSize: headSize(decoder) }), first: 0 };
}

/** Caches for a batch of candidates of some texts of `length` tokens. */
export function createCaches(
  decoder: BartDecoderArchitecture,
  { batch, texts, length }: { readonly batch: number; readonly texts: number; readonly length: number },
): BartCaches {
  const create = (what: string, form: CacheForm): State[] =>
    Array.from({ length: decoder.depth }, (_, layer) => createCache(`${what} of layer ${layer}`, form));
  return {
    own: create('keys and values', ownForm(decoder, batch)),
    text: create('keys and values of the text', textForm(decoder, texts, length)),
  };
}

/** Bytes that the caches of one candidate take; those of its text are shared. */
export function countCacheBytes(decoder: BartDecoderArchitecture): number {
  return decoder.depth * 4 * sizeOf(cacheShape(ownForm(decoder, 1)));
}

export function disposeCaches({ own, text }: BartCaches): void {
  for (const cache of [...own, ...text]) cache.dispose();
}
