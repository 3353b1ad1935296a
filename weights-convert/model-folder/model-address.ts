/**
 * A model folder at an address, and the addresses of the files in it: a token in the question goes with each of them.
 */
import { parseAddress } from '../../base/address.ts';
import { MANIFEST_NAME } from './manifest.ts';

/**
 * The address of a model folder, which may be named with or without a slash at its end, and by its `model.json`.
 *
 * @param base what a relative address is relative to
 * @throws UsageError `E_DOWNLOAD_ADDRESS`
 */
export function parseFolder(source: string | URL, base?: string): URL {
  const folder = parseAddress(source, base);
  folder.pathname = `${folder.pathname.replace(new RegExp(`/${MANIFEST_NAME}$`), '').replace(/\/+$/, '')}/`;
  return folder;
}

/** The address of a file in a folder. */
export function addressIn(folder: URL, name: string): URL {
  const address = new URL(name, folder);
  address.search = folder.search;
  return address;
}
