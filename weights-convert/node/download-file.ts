/**
 * A checkpoint from an address, kept on disk: downloaded once, confirmed with the server whenever it is wanted again, and
 * continued where it broke off. request-file.ts talks to the server, partial-file.ts holds what is not whole yet,
 * download-cache.ts what is.
 */
import { cacheFolder } from '../../base/node/cache-folder.ts';
import { DalleError } from '../../base/errors.ts';
import { nameFile, parseAddress } from '../address.ts';
import { readBlocks, type ByteSource } from '../byte-source.ts';
import { checkWhole } from '../check-whole.ts';
import type { Hasher } from '../describe-source.ts';
import type { DownloadOptions, DownloadProgress } from '../download.ts';
import { requestFile, type Transfer } from '../request-file.ts';
import { checkPlace, findCached, keepRecord, pathOf, placeOf, type CachedFile } from './download-cache.ts';
import { createNodeHasher } from './node-hasher.ts';
import { PartialFile } from './partial-file.ts';

export interface DownloadFileOptions extends DownloadOptions {
  /** The folder that keeps downloads [`$DALLE_GL_CACHE`, else `$XDG_CACHE_HOME/dalle-gl`, else `~/.cache/dalle-gl`]. */
  readonly cache?: string;
}

export interface DownloadedFile {
  /** Where it lies. The cache may replace it when the address is downloaded again: open it, or copy it. */
  readonly path: string;
  /** The last part of the address. */
  readonly name: string;
  readonly bytes: number;
  /** Lower-case hex, computed while the bytes came. */
  readonly sha256: string;
}

/** After these, what came is good; after others it is not, or there is no room for it. */
const RESUMABLE = new Set(['E_ABORTED', 'E_DOWNLOAD', 'E_DOWNLOAD_CUT', 'E_DOWNLOAD_STATUS', 'E_DOWNLOAD_TIMEOUT']);

/** Then the server could not be asked, or would not say. */
const UNREACHABLE = new Set(['E_DOWNLOAD', 'E_DOWNLOAD_STATUS', 'E_DOWNLOAD_TIMEOUT']);

/**
 * The file behind an http or https address. A whole copy in the cache is used without downloading if the server says
 * that it is current (ETag, else date and length), and also if the server cannot be reached.
 *
 * @throws FormatError `E_DOWNLOAD_*`, `E_FILE_TOO_LARGE`, `E_FORMAT_UNKNOWN` or `E_LFS_POINTER` for what is no checkpoint,
 *   after its first 512 bytes, and for a damaged one what `openWeights` throws; DalleError `E_DISK_FULL`, `E_WRITE`, `E_CACHE_UNSAFE`; AbortedError `E_ABORTED`
 */
export async function downloadFile(source: string | URL, options: DownloadFileOptions = {}): Promise<DownloadedFile> {
  const { cache = cacheFolder(), onProgress, ...limits } = options;
  const address = parseAddress(source);
  const place = placeOf(cache, address);
  checkPlace(place);
  const known = await findCached(place);
  const partial = await PartialFile.claim(place);
  try {
    const request = { ...limits, kept: partial.kept, known: known?.version };
    const transfer = await requestFile(address, request).catch((error: unknown) => {
      if (known && UNREACHABLE.has(codeOf(error))) return undefined;
      throw error;
    });
    if (transfer) return await receiveFile({ address, place, partial, transfer, known, onProgress });
    await partial.discard();
    return describeFile(place, known!);
  } catch (error) {
    await (RESUMABLE.has(codeOf(error)) ? partial.release() : partial.discard());
    throw error;
  }
}

interface Receipt {
  readonly address: URL;
  readonly place: string;
  readonly partial: PartialFile;
  readonly transfer: Transfer;
  readonly known: CachedFile | undefined;
  readonly onProgress: ((progress: DownloadProgress) => void) | undefined;
}

async function receiveFile({ address, place, partial, transfer, known, onProgress }: Receipt): Promise<DownloadedFile> {
  const { version, from, blocks } = transfer;
  const hasher = createNodeHasher();
  try {
    await partial.begin(version, from);
    if (from > 0) await partial.read(address.href, (kept) => hashBytes(kept, hasher));
    let done = from;
    const report = (): void => onProgress?.({ url: address.href, done, total: version.bytes });
    report();
    for await (const block of blocks) {
      await partial.write(block);
      hasher.update(block);
      done += block.length;
      report();
    }
    // One that was cut, though the server says that this is all, would be found current for ever.
    await partial.read(address.href, checkWhole);
    const file = {
      name: nameFile(address),
      bytes: done,
      sha256: hasher.digest(),
      version: { ...version, bytes: done },
    };
    await partial.finish(pathOf(place, file));
    await keepRecord(place, file, known);
    return describeFile(place, file);
  } finally {
    transfer.close();
  }
}

async function hashBytes(source: ByteSource, hasher: Hasher): Promise<void> {
  for await (const block of readBlocks(source, 0, source.size)) hasher.update(block);
}

function describeFile(place: string, file: CachedFile): DownloadedFile {
  const { name, bytes, sha256 } = file;
  return { path: pathOf(place, file), name, bytes, sha256 };
}

function codeOf(error: unknown): string {
  return error instanceof DalleError ? error.code : '';
}
