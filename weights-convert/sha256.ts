/**
 * SHA-256 of bytes as they come. In Node there is a faster hasher, node/node-hasher.ts.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { AbortedError } from '../base/errors.ts';

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

export interface HashOptions {
  /** Called with the bytes hashed so far. */
  readonly onBytes?: ((done: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Something faster than `createSha256`, where the platform has it. */
  readonly createHasher?: (() => Hasher) | undefined;
}

/**
 * The hash of blocks one after another.
 *
 * @throws AbortedError `E_ABORTED`
 */
export async function hashBlocks(blocks: AsyncIterable<Uint8Array>, options: HashOptions = {}): Promise<string> {
  const { onBytes, signal, createHasher = createSha256 } = options;
  const hasher = createHasher();
  let done = 0;
  for await (const block of blocks) {
    if (signal?.aborted) throw new AbortedError('E_ABORTED', 'hashBlocks: stopped because the caller aborted it.');
    hasher.update(block);
    done += block.length;
    onBytes?.(done);
  }
  return hasher.digest();
}

/** Blobs never change: what was hashed once, or while it was downloaded, is remembered for the life of the blob. */
const blobHashes = new WeakMap<Blob, string>();

/** Remembers the hash of a blob that was computed otherwise. */
export function rememberBlobHash(blob: Blob, hash: string): void {
  blobHashes.set(blob, hash);
}

/** The hash of a blob, which `compute` gives if it is not known yet. */
export async function hashBlobOnce(blob: Blob, compute: () => Promise<string>): Promise<string> {
  const hash = blobHashes.get(blob) ?? (await compute());
  blobHashes.set(blob, hash);
  return hash;
}
