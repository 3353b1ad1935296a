/**
 * A small file of our own, such as a record in the cache, read at once: never a pipe, and never more than is sensible.
 */
import { openRegularFile } from './open-file.ts';
import { isOwn } from './own-folder.ts';

/**
 * The text of a file; undefined if it is not there, is a link, is no regular file of this user, or has more than
 * `maxBytes` bytes.
 */
export async function readOwnFile(path: string, maxBytes: number): Promise<string | undefined> {
  const file = await openRegularFile('readOwnFile', path, { follow: false }).catch(() => undefined);
  if (!file) return undefined;
  try {
    // Whatever is written here by somebody else is not ours to believe.
    if (!isOwn(await file.handle.stat()) || file.size > maxBytes) return undefined;
    const bytes = Buffer.alloc(file.size);
    const { bytesRead } = await file.handle.read(bytes, 0, file.size, 0);
    return bytes.toString('utf8', 0, bytesRead);
  } catch {
    return undefined;
  } finally {
    await file.handle.close();
  }
}
