/**
 * A checkpoint from an address, where there is no disk: into a `Blob`, which browsers keep outside the page's own memory.
 * What caches it between visits is the browser's HTTP cache. node/download-file.ts is the one with a cache and resume.
 */
import { checkObject, checkText } from '../base/check-argument.ts';
import type { UnsharedBytes } from '../base/platform.ts';
import { nameFile, parseAddress } from './address.ts';
import { createSha256 } from './describe-source.ts';
import { requestFile, type TransferOptions } from './request-file.ts';

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
  /** Lower-case hex, computed while the bytes came. */
  readonly sha256: string;
}

/** As much as a page holds itself before the browser is given it. */
const BATCH_BYTES = 4 * 1024 * 1024;

/**
 * Downloads a checkpoint. In a page, `source` may be relative to it.
 *
 * @throws FormatError `E_DOWNLOAD_*`, `E_FILE_TOO_LARGE`, and `E_FORMAT_UNKNOWN` or `E_LFS_POINTER` for what is no
 *   checkpoint, after its first 512 bytes; AbortedError `E_ABORTED`
 */
export async function downloadBlob(source: string | URL, options: DownloadOptions = {}): Promise<DownloadedBlob> {
  if (!(source instanceof URL)) checkText('downloadBlob', 'an address', source);
  checkObject('downloadBlob', 'options', options);
  const { onProgress, ...request } = options;
  const address = parseAddress(source, globalThis.location?.href);
  const transfer = (await requestFile(address, request))!;
  try {
    const url = address.href;
    const total = transfer.version.bytes;
    const hasher = createSha256();
    const batches: Blob[] = [];
    let batch: UnsharedBytes[] = [];
    let batchBytes = 0;
    let done = 0;
    onProgress?.({ url, done, total });
    for await (const block of transfer.blocks) {
      hasher.update(block);
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
    return { blob: new Blob([...batches, ...batch]), name: nameFile(address), bytes: done, sha256: hasher.digest() };
  } finally {
    transfer.close();
  }
}
