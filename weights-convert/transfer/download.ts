/**
 * A checkpoint from an address, where there is no disk: into a `Blob`, which browsers keep outside the page's own
 * memory. What caches it between visits is the browser's HTTP cache. node/download-file.ts is the one with a cache and
 * resume.
 */
import { nameFile, parseAddress } from '../../base/address.ts';
import { checkText } from '../../base/check-argument.ts';
import { checkOptions } from '../../base/check-options.ts';
import type { UnsharedBytes } from '../../base/platform.ts';
import { unlessAborted } from '../../base/unless-aborted.ts';
import { resumeValidator } from './file-version.ts';
import type { ModelFile } from '../model-folder/manifest.ts';
import { requestFile, type TransferOptions } from './request-file.ts';
import { createPageHasher, rememberBlobHash } from '../sha256.ts';

/** How far a download is, in bytes of the whole file. */
export interface DownloadProgress {
  readonly url: string;
  readonly done: number;
  /** Undefined where the server does not say. */
  readonly total: number | undefined;
}

/** How a download is watched, bounded and stopped. */
export interface DownloadOptions extends TransferOptions {
  /** Called first with what is there already, then after each block. */
  readonly onProgress?: (progress: DownloadProgress) => void;
}

/** A file that was downloaded into memory. */
export interface DownloadedBlob {
  readonly blob: Blob;
  /** The last part of the address. */
  readonly name: string;
  readonly bytes: number;
  /** Lower-case hex, computed while the bytes came. */
  readonly sha256: string;
}

/** As much as a page holds itself before the browser is given it. */
const BATCH_BYTES = 4 * 1024 * 1024;

/**
 * Which version of which address had the hash that was expected: what a page loads again comes from the browser's
 * cache, and is not hashed twice.
 */
const verified = new Set<string>();
const MAX_VERIFIED = 1000;

/**
 * Downloads a checkpoint. In a page, `source` may be relative to it.
 *
 * @throws FormatError `E_DOWNLOAD_*`, `E_FILE_TOO_LARGE`, and `E_FORMAT_UNKNOWN` or `E_LFS_POINTER` for what is no
 *   checkpoint, after its first 512 bytes; UsageError `E_DOWNLOAD_ADDRESS`; AbortedError `E_ABORTED`
 */
export async function downloadBlob(source: string | URL, options: DownloadOptions = {}): Promise<DownloadedBlob> {
  if (!(source instanceof URL)) checkText('downloadBlob', 'an address', source);
  checkOptions('downloadBlob', options);
  return downloadPart(parseAddress(source, globalThis.location?.href), options);
}

/**
 * The same for a file that may be described beforehand. Whether its hash is the expected one is for others to say.
 *
 * @param verify false to take what `file` says of its hash for granted
 * @throws as `downloadBlob`; `E_DOWNLOAD_LENGTH` for a file of another length
 */
export async function downloadPart(
  address: URL,
  options: DownloadOptions,
  file?: ModelFile,
  verify = true,
): Promise<DownloadedBlob> {
  const { onProgress, ...request } = options;
  const transfer = (await requestFile(address, { ...request, isPage: true, expectedBytes: file?.bytes }))!;
  try {
    const url = address.href;
    const total = transfer.version.bytes;
    const validator = resumeValidator(transfer.version);
    const key = file && validator !== undefined ? `${url} ${validator} ${file.sha256}` : undefined;
    const known = !verify || (key !== undefined && verified.has(key)) ? file?.sha256 : undefined;
    const hasher = known === undefined ? createPageHasher(total) : undefined;
    const batches: Blob[] = [];
    let batch: UnsharedBytes[] = [];
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
    const sha256 = known ?? (await unlessAborted(Promise.resolve(hasher!.digest()), options.signal));
    if (verify) {
      rememberBlobHash(blob, sha256);
      if (verified.size >= MAX_VERIFIED) verified.clear();
      if (key !== undefined && sha256 === file?.sha256) verified.add(key);
    }
    return { blob, name: nameFile(address), bytes: done, sha256 };
  } finally {
    transfer.close();
  }
}
