/**
 * Encoders and decoders of OpenAI's discrete VAE in a state dict, under the names of OpenAI, of Hugging Face's FLAVA
 * codebook, or of either behind a prefix: `encoder.` and `decoder.` where one file holds both. What is found bears
 * OpenAI's names from then on.
 */
import { inferArchitecture, listShapes } from './architecture.ts';
import type { FoundNet } from './find-nets.ts';
import type { TensorData } from './weights.ts';

/** An encoder and a decoder. */
const MAX_NETS = 2;

/**
 * The nets in a state dict; tensors that belong to none of them are left to the first, to be found one too many.
 *
 * @returns nothing if there is no such net
 * @throws FormatError `E_ARCHITECTURE` for sizes no such net has
 */
export function findDvaes(tensors: ReadonlyMap<string, TensorData>): FoundNet[] {
  const prefixes = listPrefixes(tensors);
  if (prefixes.length > MAX_NETS) return [];
  return prefixes.flatMap((prefix, index) => {
    const isOwn = (name: string): boolean =>
      name.startsWith(prefix) || (index === 0 && !prefixes.some((other) => name.startsWith(other)));
    const own = new Map(
      [...tensors].filter(([name]) => isOwn(name)).map(([name, tensor]) => [officialName(name, prefix), tensor]),
    );
    const architecture = inferArchitecture(listShapes(own));
    return architecture ? [{ architecture, tensors: own }] : [];
  });
}

/** What stands before the first tensor of each net. */
function listPrefixes(tensors: ReadonlyMap<string, TensorData>): string[] {
  const prefixes = [...tensors.keys()].map((name) => /^(.*)blocks\.input\.(?:w|weight)$/.exec(name)?.[1]);
  return [...new Set(prefixes.filter((prefix) => prefix !== undefined))];
}

/** FLAVA has a module more in every group and residual path, and torch's own convolutions. */
function officialName(name: string, prefix: string): string {
  if (!name.startsWith(prefix)) return name;
  return name
    .slice(prefix.length)
    .replace(/^(blocks\.group_\d+)\.group\./, '$1.')
    .replace('.res_path.path.', '.res_path.')
    .replace(/\.weight$/, '.w')
    .replace(/\.bias$/, '.b');
}
