/**
 * SHA-256 of bytes as they come, and of a `Blob`. What a browser computes itself (`crypto.subtle`) is many times as
 * fast as plain JavaScript, but wants all bytes in one piece: it is used up to a bound, and where the page is a secure
 * context. In Node there is a hasher without a bound, node/node-hasher.ts.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { AbortedError } from '../base/errors.ts';
import type { UnsharedBytes } from '../base/platform.ts';
import { unlessAborted } from '../base/unless-aborted.ts';

/** Feeds bytes in, gives lower-case hex out. */
interface BlockHasher {
  update(bytes: Uint8Array): void;
  digest(): string | Promise<string>;
}

/** One whose hash is there at once. */
export interface Hasher extends BlockHasher {
  digest(): string;
}

/** The most that is held in one piece; the browser copies it once more while it hashes. */
export const ONE_PIECE_BYTES: number = 256 * 1024 * 1024;

/** SHA-256 in plain JavaScript: slow, and the same everywhere. */
function createSha256(): Hasher {
  const hash = sha256.create();
  return { update: (bytes) => void hash.update(bytes), digest: () => bytesToHex(hash.digest()) };
}

/**
 * The fastest hasher of a page for at most so many bytes.
 *
 * @param bytes undefined where that is not known
 */
export function createPageHasher(bytes: number | undefined): BlockHasher {
  const piece = isOnePiece(bytes) ? makePiece(bytes) : undefined;
  if (!piece) return createSha256();
  let filled = 0;
  return {
    update: (block) => {
      piece.set(block, filled);
      filled += block.length;
    },
    digest: () => digestPiece(piece.subarray(0, filled)),
  };
}

/** Pages that came by plain http from elsewhere have no `crypto.subtle`. */
function isOnePiece(bytes: number | undefined): bytes is number {
  const { subtle } = globalThis.crypto as Partial<Crypto>;
  return subtle !== undefined && bytes !== undefined && bytes <= ONE_PIECE_BYTES;
}

/** Undefined where memory is short. */
function makePiece(bytes: number): UnsharedBytes | undefined {
  try {
    return new Uint8Array(bytes);
  } catch {
    return undefined;
  }
}

/** In the browser's own code; where that fails for want of memory, in plain JavaScript. */
async function digestPiece(piece: UnsharedBytes): Promise<string> {
  try {
    return bytesToHex(new Uint8Array(await crypto.subtle.digest('SHA-256', piece)));
  } catch {
    const hasher = createSha256();
    hasher.update(piece);
    return hasher.digest();
  }
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

/**
 * The hash of a blob, if it is not known yet: of all its bytes at once, or of its blocks where they are too many or
 * cannot be read so.
 *
 * @throws AbortedError `E_ABORTED`, at once, though the browser may go on for a moment; and what reading the blocks
 *   throws
 */
export async function hashBlobOnce(
  blob: Blob,
  readBlocks: () => AsyncIterable<Uint8Array>,
  { signal }: Pick<HashOptions, 'signal'> = {},
): Promise<string> {
  const hash =
    blobHashes.get(blob) ??
    (await unlessAborted(hashWhole(blob), signal)) ??
    (await hashBlocks(readBlocks(), { signal }));
  blobHashes.set(blob, hash);
  return hash;
}

async function hashWhole(blob: Blob): Promise<string | undefined> {
  if (!isOnePiece(blob.size)) return undefined;
  const bytes = await blob.arrayBuffer().catch(() => undefined);
  return bytes && digestPiece(new Uint8Array(bytes));
}
