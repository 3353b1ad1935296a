/**
 * What people name: a path, a `file://` address, which is a path too, or an address to download. Everything in Node
 * that takes one of them asks here.
 */
import { fileURLToPath } from 'node:url';
import { addressError, isAddress, parseAddress } from '../address.ts';

/**
 * The path that a source names; undefined if it is an http or https address.
 *
 * @throws UsageError `E_DOWNLOAD_ADDRESS` for any other address: of another scheme, with a user name, on another host
 */
export function pathOf(source: string | URL): string | undefined {
  if (typeof source !== 'string' && !(source instanceof URL)) {
    throw addressError(String(source), 'wanted a path or an address');
  }
  if (typeof source === 'string' && !isAddress(source)) return source;
  const text = String(source);
  if (/^file:/i.test(text)) return readFileAddress(text);
  parseAddress(source);
  return undefined;
}

/** Where a `file://` address leads. A host, an encoded slash or NUL and broken percent signs lead nowhere. */
function readFileAddress(text: string): string {
  try {
    const path = fileURLToPath(text);
    if (!path.includes('\0')) return path;
  } catch (cause) {
    throw fileAddressError(text, cause);
  }
  throw fileAddressError(text);
}

function fileAddressError(text: string, cause?: unknown): Error {
  return addressError(text, 'wanted a file address of this machine, as in file:///home/me/cat.png', cause);
}
