/**
 * Which sources are addresses to download from, and what the file behind one is called. Everything else that is a
 * string is a path.
 */
import { FormatError } from '../base/errors.ts';

/** True for a URL, and for text of the form `scheme://…`, whatever the scheme: `parseAddress` says which are read. */
export function isAddress(source: string | URL): boolean {
  return source instanceof URL || /^[a-z][a-z0-9+.-]*:\/\//i.test(source);
}

/**
 * The address as a URL; `base` is what a relative one is relative to.
 *
 * @throws FormatError `E_DOWNLOAD_ADDRESS` unless it is http or https, and without a user name
 */
export function parseAddress(source: string | URL, base?: string): URL {
  const text = String(source);
  const address = URL.canParse(text, base) ? new URL(text, base) : undefined;
  if (address && /^https?:$/.test(address.protocol) && address.username === '' && address.password === '') {
    address.hash = '';
    return address;
  }
  throw new FormatError(
    'E_DOWNLOAD_ADDRESS',
    `download: wanted an http or https address without a user name, got ${hidePassword(text)}. Correct it, or ` +
      'download the file another way and name it by its path.',
  );
}

function hidePassword(address: string): string {
  return address.replace(/\/\/[^/]*@/, '//…@');
}

/** A plain file name for what an address leads to: its last part, with nothing in it that a file system minds. */
export function nameFile(address: URL): string {
  const last = address.pathname.split('/').at(-1)!;
  const plain = last.replace(/%[0-9a-f]{2}|[^\w.-]/gi, '_').slice(-100);
  return plain.replace(/^[.-]+/, '') || 'checkpoint';
}
