/**
 * What a decoding remembers on the device: of every layer the keys and values of the positions so far, and where tokens
 * are shifted the rows that its two branches shift. One row a position, for B candidates.
 */
import { sizeOf } from '../../engine/index.ts';
import { createCache } from '../../ops/index.ts';
import type { CacheForm, State } from '../../ops/index.ts';
import { keyValueForm } from '../../ops/attention/attention.ts';
import { cacheShape } from '../../ops/cache/cache.ts';
import { rowsForm } from '../../ops/token-shift/token-shift.ts';
import { imagePositions, textPositions, type TransformerArchitecture } from './architecture.ts';
import type { Branch } from './layers.ts';

export type CacheName = 'keys and values' | `${Branch} rows`;

/** The caches of one layer. */
export type LayerCaches = ReadonlyMap<CacheName, State>;

/** Nothing follows the last image token, so nothing asks for its keys. */
export function cachedPositions(architecture: TransformerArchitecture): number {
  return textPositions(architecture) + imagePositions(architecture) - 1;
}

function listForms(architecture: TransformerArchitecture, batch: number): [CacheName, CacheForm][] {
  const { heads, head_size, dim, shift_tokens } = architecture;
  const length = cachedPositions(architecture);
  const rows = rowsForm({ batch, length, size: dim });
  return [
    ['keys and values', keyValueForm({ batch, length, heads, headSize: head_size })],
    ...(shift_tokens
      ? ([
          ['attention rows', rows],
          ['mlp rows', rows],
        ] satisfies [CacheName, CacheForm][])
      : []),
  ];
}

/** Caches for a batch, long enough for all but the last token; one map a layer. */
export function createCaches(architecture: TransformerArchitecture, batch: number): LayerCaches[] {
  const forms = listForms(architecture, batch);
  return Array.from(
    { length: architecture.depth },
    (_, layer) => new Map(forms.map(([name, form]) => [name, createCache(`${name} of layer ${layer}`, form)])),
  );
}

/** Bytes that the caches of one candidate take. */
export function countCacheBytes(architecture: TransformerArchitecture): number {
  const numbers = listForms(architecture, 1).map(([, form]) => sizeOf(cacheShape(form)));
  return architecture.depth * 4 * numbers.reduce((a, b) => a + b, 0);
}
