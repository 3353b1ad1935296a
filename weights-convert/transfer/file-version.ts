/**
 * Which version of a file a server has: what two answers must share so that their bytes belong together. Bytes kept
 * from a broken download are continued, and a copy on disk is used again, only if the version is still the same.
 */
import type { Answer } from '../../base/fetch-failure.ts';

export interface FileVersion {
  readonly etag?: string;
  readonly lastModified?: string;
  /** Length of the whole file; missing where the server does not say. */
  readonly bytes?: number | undefined;
}

/**
 * What an answer says of its file. Nothing, if it is compressed: then length, ETag and ranges are those of other bytes
 * than the ones that come.
 */
export function versionOf({ headers }: Answer): FileVersion {
  if (!/^(?:identity)?$/i.test(headers.get('content-encoding') ?? '')) return {};
  const etag = headers.get('etag');
  const lastModified = headers.get('last-modified');
  const length = headers.get('content-length');
  return {
    ...(etag !== null && { etag }),
    ...(lastModified !== null && { lastModified }),
    ...(length !== null && /^\d{1,15}$/.test(length) && { bytes: Number(length) }),
  };
}

/**
 * The same for a page, to which another site shows the length and not whether it is that of compressed bytes (CORS):
 * then no length is known.
 */
export function versionForPage(answer: Answer): FileVersion {
  const { bytes, ...version } = versionOf(answer);
  return answer.type === 'cors' ? version : { ...version, bytes };
}

/** Whether two answers are about the same bytes, as far as servers tell. */
export function isSameVersion(a: FileVersion, b: FileVersion): boolean {
  const isContradicted = a.bytes !== undefined && b.bytes !== undefined && a.bytes !== b.bytes;
  if (isContradicted) return false;
  if (a.etag !== undefined || b.etag !== undefined) return stripWeakness(a.etag) === stripWeakness(b.etag);
  if (a.lastModified !== undefined || b.lastModified !== undefined) return a.lastModified === b.lastModified;
  return a.bytes !== undefined && a.bytes === b.bytes;
}

function stripWeakness(etag: string | undefined): string | undefined {
  return etag?.replace(/^W\//, '');
}

/** What If-Range takes: a strong ETag, else the date. Without one, bytes of two answers cannot be joined. */
export function resumeValidator({ etag, lastModified }: FileVersion): string | undefined {
  return etag === undefined ? lastModified : etag.startsWith('W/') ? undefined : etag;
}

/** A version as it comes out of a JSON file, where anything may stand. */
export function parseVersion(value: unknown): FileVersion | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { etag, lastModified, bytes } = value as Record<keyof FileVersion, unknown>;
  // Text with a line break would not do as a header.
  const isHeader = (text: unknown): text is string => typeof text === 'string' && /^[\x20-\x7e]+$/.test(text);
  return {
    ...(isHeader(etag) && { etag }),
    ...(isHeader(lastModified) && { lastModified }),
    ...(Number.isSafeInteger(bytes) && { bytes: bytes as number }),
  };
}
