/**
 * Who a source file is: its SHA-256, and whether that is the hash of a file OpenAI published. A source is official only
 * by its hash; that the classes within are OpenAI's proves nothing about the weights.
 */
import { checkSource } from './check-source.ts';
import { AbortedError } from '../base/errors.ts';
import { readBlocks, type ByteSource } from './byte-source.ts';
import type { SourceDescription } from './model-folder/manifest.ts';
import { hashBlocks, type HashOptions } from './sha256.ts';

/**
 * SHA-256 of the files OpenAI is known to have published. The decoder's is not known: no public record of it was found.
 */
const OFFICIAL_SOURCES: ReadonlyMap<string, string> = new Map([
  ['40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af', "OpenAI's ViT-B-32.pt"],
  ['5806e77cd80f8b59890b7e101eabd078d9fb84e6937f9e85e4ecb61988df416f', "OpenAI's ViT-B-16.pt"],
  ['b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836', "OpenAI's ViT-L-14.pt"],
  ['3035c92b350959924f9f00213499208652fc7ea050643e8b385c2dac08641f02', "OpenAI's ViT-L-14-336px.pt"],
  ['96b0f478c2e8d912f745f1bdde186efaac4265d38568a52f33bd40d3a15935d4', "OpenAI's encoder.pkl"],
]);

/** Hashes a source from end to end, in constant memory. */
export async function describeSource(source: ByteSource, options: HashOptions = {}): Promise<SourceDescription> {
  checkSource('describeSource', source);
  const onBytes = (done: number): void => {
    throwIfAborted(options.signal);
    options.onBytes?.(done);
  };
  const { createHasher } = options;
  const hash = await hashBlocks(readBlocks(source, 0, source.size), { onBytes, createHasher });
  const official = OFFICIAL_SOURCES.get(hash);
  return {
    name: source.name,
    bytes: source.size,
    sha256: hash,
    official: official !== undefined,
    note: official ?? "not known as a file of OpenAI's",
  };
}

/** Throws `E_ABORTED` once the caller's signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AbortedError('E_ABORTED', 'The conversion was interrupted; nothing was written.');
}
