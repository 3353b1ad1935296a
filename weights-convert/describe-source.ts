/**
 * Who a source file is: its SHA-256, and whether that is the hash of a file OpenAI published. A source is official only
 * by its hash; that the classes within are OpenAI's proves nothing about the weights.
 */
import { checkSource } from './check-given.ts';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { AbortedError } from '../base/errors.ts';
import { readBlocks, type ByteSource } from './byte-source.ts';
import type { SourceDescription } from './manifest.ts';

/** Feeds bytes in, gives lower-case hex out. */
export interface Hasher {
  update(bytes: Uint8Array): void;
  digest(): string;
}

/** SHA-256 in plain JavaScript: some 190 MB/s, and the same everywhere. */
export function createSha256(): Hasher {
  const hash = sha256.create();
  return { update: (bytes) => void hash.update(bytes), digest: () => bytesToHex(hash.digest()) };
}

export interface DescribeOptions {
  /** Called with the bytes hashed so far. */
  readonly onBytes?: (done: number) => void;
  readonly signal?: AbortSignal;
  /** Something faster than `createSha256`, where the platform has it. */
  readonly createHasher?: () => Hasher;
}

/** SHA-256 of the files OpenAI is known to have published. The decoder's is not known: no public record of it was found. */
const OFFICIAL_SOURCES: ReadonlyMap<string, string> = new Map([
  ['96b0f478c2e8d912f745f1bdde186efaac4265d38568a52f33bd40d3a15935d4', "OpenAI's encoder.pkl"],
]);

/** Hashes a source from end to end, in constant memory. */
export async function describeSource(source: ByteSource, options: DescribeOptions = {}): Promise<SourceDescription> {
  checkSource('describeSource', source);
  const hasher = (options.createHasher ?? createSha256)();
  let done = 0;
  for await (const block of readBlocks(source, 0, source.size)) {
    throwIfAborted(options.signal);
    hasher.update(block);
    done += block.length;
    options.onBytes?.(done);
  }
  const hash = hasher.digest();
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
