/**
 * A checkpoint from an address, kept on disk: downloaded once, confirmed with the server whenever it is wanted again,
 * and continued where it broke off. request-file.ts talks to the server, partial-file.ts holds what is not whole yet,
 * download-cache.ts what is.
 */
import { checkOptions } from '../../base/check-options.ts';
import { cacheFolder } from '../../base/node/cache-folder.ts';
import { DalleError, FormatError } from '../../base/errors.ts';
import { fetchAddress } from '../../base/node/fetch-address.ts';
import { nameFile, parseAddress } from '../../base/address.ts';
import type { ByteSource } from '../byte-source.ts';
import { checkWhole } from '../transfer/check-whole.ts';
import type { DownloadOptions, DownloadProgress } from '../transfer/download.ts';
import { requestFile, type Transfer } from '../transfer/request-file.ts';
import { checkPlace, keepRecord, openCached, pathOf, placeOf, type CachedFile } from './download-cache.ts';
import { openFileSource, type FileSource } from './file-source.ts';
import { PartialFile } from './partial-file.ts';

/** How a file is downloaded, and where it is kept. */
export interface DownloadFileOptions extends DownloadOptions {
  /** The folder that keeps downloads [`$DALLE_GL_CACHE`, else `$XDG_CACHE_HOME/dalle-gl`, else `~/.cache/dalle-gl`]. */
  readonly cache?: string;
}

/** A file that was downloaded, or was there already. */
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
 * The file behind an http or https address. A whole copy in the cache is used without downloading if its content is
 * still what was downloaded, and the server says that it is current (ETag, else date and length) or cannot be reached.
 * Proxies are those of the environment.
 *
 * @throws FormatError `E_DOWNLOAD_*`, `E_FILE_TOO_LARGE`, `E_FORMAT_UNKNOWN` or `E_LFS_POINTER` for what is no
 *   checkpoint, after its first 512 bytes, and for a damaged one what `openWeights` throws; UsageError
 *   `E_DOWNLOAD_ADDRESS`, `E_PROXY`; DalleError `E_CACHE_UNSAFE`, `E_DISK_FULL`, `E_WRITE`; AbortedError `E_ABORTED`
 */
export async function downloadFile(source: string | URL, options: DownloadFileOptions = {}): Promise<DownloadedFile> {
  checkOptions('downloadFile', options);
  const { file, source: opened } = await downloadSource(parseAddress(source), options);
  await opened.close();
  return file;
}

/** What is known of a file before it comes. */
export interface ExpectedFile {
  readonly bytes?: number | undefined;
  /** Lower-case hex; a file with another is not kept. */
  readonly sha256?: string | undefined;
  /** Throws if it is not all there [`checkWhole`]. */
  readonly check?: (source: ByteSource) => Promise<unknown>;
}

/** A downloaded file, open. */
interface DownloadedSource {
  readonly file: DownloadedFile;
  readonly source: FileSource;
}

/**
 * The same, opened: a copy that was in the cache is read through what was compared with its record.
 *
 * @throws as `downloadFile`
 */
export async function downloadSource(
  address: URL,
  options: DownloadFileOptions,
  expected: ExpectedFile = {},
): Promise<DownloadedSource> {
  const { cache = cacheFolder(), onProgress, ...limits } = options;
  const place = placeOf(cache, address);
  checkPlace(place);
  const entry = await openCached(place, limits.signal);
  const known = entry?.source && entry.file;
  const partial = await PartialFile.claim(place, limits.signal);
  try {
    const request = { ...limits, kept: partial.kept, known: known?.version, expectedBytes: expected.bytes };
    const transfer = await requestFile(address, { ...request, fetch: fetchAddress }).catch((error: unknown) => {
      if (!UNREACHABLE.has(codeOf(error))) throw error;
      if (entry && !known) throw damagedCopy(error);
      if (!known) throw error;
      return undefined;
    });
    if (transfer) {
      const { check = checkWhole, sha256 } = expected;
      const file = await receiveFile({ address, place, partial, transfer, known, check, sha256, onProgress });
      const source = await openFileSource(file.path);
      await entry?.source?.close();
      return { file, source };
    }
    await partial.discard();
    checkHash(address, expected.sha256, known!.sha256);
    return { file: describeFile(place, known!), source: entry!.source! };
  } catch (error) {
    await entry?.source?.close();
    await (RESUMABLE.has(codeOf(error)) ? partial.release() : partial.discard());
    throw error;
  }
}

/** Why nothing can be had, though something is in the cache. */
function damagedCopy(error: unknown): unknown {
  if (!(error instanceof DalleError)) return error;
  const message = `${error.message} A copy in the cache was damaged after it was downloaded; it is not used.`;
  return new FormatError(error.code, message, { cause: error });
}

interface Receipt {
  readonly address: URL;
  readonly place: string;
  readonly partial: PartialFile;
  readonly transfer: Transfer;
  readonly known: CachedFile | undefined;
  readonly check: (source: ByteSource) => Promise<unknown>;
  readonly sha256: string | undefined;
  readonly onProgress: ((progress: DownloadProgress) => void) | undefined;
}

async function receiveFile(receipt: Receipt): Promise<DownloadedFile> {
  const { address, place, partial, transfer, known, check, sha256, onProgress } = receipt;
  const { version, from, blocks } = transfer;
  try {
    await partial.begin(version, from);
    let done = from;
    const report = (): void => onProgress?.({ url: address.href, done, total: version.bytes });
    report();
    for await (const block of blocks) {
      await partial.write(block);
      done += block.length;
      report();
    }
    // One that was cut, though the server says that this is all, would be found current for ever.
    await partial.read(address.href, check);
    checkHash(address, sha256, partial.digest());
    const file = {
      name: nameFile(address),
      bytes: done,
      sha256: partial.digest(),
      version: { ...version, bytes: done },
    };
    await partial.finish(pathOf(place, file));
    await keepRecord(place, file, known);
    return describeFile(place, file);
  } finally {
    transfer.close();
  }
}

function checkHash(address: URL, wanted: string | undefined, got: string): void {
  if (wanted === undefined || wanted === got) return;
  throw new FormatError(
    'E_DOWNLOAD_HASH',
    `download: the file at ${address.href} should have the SHA-256 ${wanted}, and has ${got}. It is another file than ` +
      'the one that is known by this name, so nothing of it is used. If you trust it, name the address itself.',
  );
}

function describeFile(place: string, file: CachedFile): DownloadedFile {
  const { name, bytes, sha256 } = file;
  return { path: pathOf(place, file), name, bytes, sha256 };
}

function codeOf(error: unknown): string {
  return error instanceof DalleError ? error.code : '';
}
