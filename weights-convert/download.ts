/**
 * A checkpoint from an address, where there is no disk: into a `Blob`, which browsers keep outside the page's own memory.
 * What caches it between visits is the browser's HTTP cache. node/download-file.ts is the one with a cache and resume.
 */
import { nameFile, parseAddress } from '../base/address.ts';
import { hashSource, sourceFromBlob } from './byte-source.ts';
import { resumeValidator } from './file-version.ts';
import { requestFile, type TransferOptions } from './request-file.ts';
import { createSha256, rememberBlobHash } from './sha256.ts';

/** How far a download is, in bytes of the whole file. */
export interface DownloadProgress {
  readonly url: string;
  readonly done: number;
  /** Undefined where the server does not say. */
  readonly total: number | undefined;
}

export interface DownloadOptions extends TransferOptions {
  /** Called first with what is there already, then after each block. */
  readonly onProgress?: (progress: DownloadProgress) => void;
}

export interface DownloadedBlob {
  readonly blob: Blob;
  /** The last part of the address. */
  readonly name: string;
  readonly bytes: number;
  /** Lower-case hex, computed while the bytes came, once for each version of an address in the life of a page. */
  readonly sha256: string;
}

/** As much as a page holds itself before the browser is given it. */
const BATCH_BYTES = 4 * 1024 * 1024;

/** Hashes by address and version: what a page loads again comes from the browser's cache, and is not hashed twice. */
const hashes = new Map<string, { readonly bytes: number; readonly sha256: string }>();
const MAX_HASHES = 1000;

/**
 * Downloads a checkpoint. In a page, `source` may be relative to it.
 *
 * @throws FormatError `E_DOWNLOAD_*`, `E_FILE_TOO_LARGE`, and `E_FORMAT_UNKNOWN` or `E_LFS_POINTER` for what is no
 *   checkpoint, after its first 512 bytes; UsageError `E_DOWNLOAD_ADDRESS`; AbortedError `E_ABORTED`
 */
export async function downloadBlob(source: string | URL, options: DownloadOptions = {}): Promise<DownloadedBlob> {
  return downloadPart(parseAddress(source, globalThis.location?.href), options);
}

/**
 * The same for a file of which the length may be known beforehand.
 *
 * @throws as `downloadBlob`; `E_DOWNLOAD_LENGTH` for a file of another length
 */
export async function downloadPart(address: URL, options: DownloadOptions, bytes?: number): Promise<DownloadedBlob> {
  const { onProgress, ...request } = options;
  const transfer = (await requestFile(address, { ...request, isPage: true, expectedBytes: bytes }))!;
  try {
    const url = address.href;
    const total = transfer.version.bytes;
    const validator = resumeValidator(transfer.version);
    const key = `${url} ${validator}`;
    const known = validator === undefined ? undefined : hashes.get(key);
    const hasher = known ? undefined : createSha256();
    const batches: Blob[] = [];
    let batch: Uint8Array<ArrayBuffer>[] = [];
    let batchBytes = 0;
    let done = 0;
    onProgress?.({ url, done, total });
    for await (const block of transfer.blocks) {
      hasher?.update(block);
      batch.push(block);
      done += block.length;
      batchBytes += block.length;
      if (batchBytes >= BATCH_BYTES) {
        batches.push(new Blob(batch));
        batch = [];
        batchBytes = 0;
      }
      onProgress?.({ url, done, total });
    }
    const blob = new Blob([...batches, ...batch]);
    const name = nameFile(address);
    if (hasher) rememberBlobHash(blob, hasher.digest());
    else if (known?.bytes === done) rememberBlobHash(blob, known.sha256);
    const sha256 = await hashSource(sourceFromBlob(blob, name));
    if (hashes.size >= MAX_HASHES) hashes.clear();
    if (validator !== undefined) hashes.set(key, { bytes: done, sha256 });
    return { blob, name, bytes: done, sha256 };
  } finally {
    transfer.close();
  }
}
