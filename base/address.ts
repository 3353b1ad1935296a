/**
 * Which sources are addresses, and which of those can be downloaded. Everything else that is a string is a path, where
 * there are files.
 */
import { UsageError } from './errors.ts';

/**
 * True for a URL, and for text of the form `scheme://…` or `file:/…`, whatever the scheme: others say which are read.
 */
export function isAddress(source: string | URL): boolean {
  return source instanceof URL || /^(?:[a-z][a-z0-9+.-]*:\/\/|file:\/)/i.test(source);
}

/**
 * The address as a URL; `base` is what a relative one is relative to.
 *
 * @throws UsageError `E_DOWNLOAD_ADDRESS` unless it is http or https, and without a user name
 */
export function parseAddress(source: string | URL, base?: string): URL {
  const text = String(source);
  const address = URL.canParse(text, base) ? new URL(text, base) : undefined;
  if (address && /^https?:$/.test(address.protocol) && address.username === '' && address.password === '') {
    address.hash = '';
    return address;
  }
  throw addressError(text, 'wanted an http or https address without a user name');
}

/** `E_DOWNLOAD_ADDRESS` for what nothing here reads; a password in it is nobody's business. */
export function addressError(source: string, wanted: string, cause?: unknown): UsageError {
  return new UsageError(
    'E_DOWNLOAD_ADDRESS',
    `download: ${wanted}, got ${source.replace(/\/\/[^/]*@/, '//…@').slice(0, 500)}. Correct it, or download the file ` +
      'another way and name it by its path.',
    { cause },
  );
}

/** A plain file name for what an address leads to: its last part, with nothing in it that a file system minds. */
export function nameFile(address: URL): string {
  const last = address.pathname.split('/').at(-1)!;
  const plain = last.replace(/%[0-9a-f]{2}|[^\w.-]/gi, '_').slice(-100);
  return plain.replace(/^[.-]+/, '') || 'checkpoint';
}
