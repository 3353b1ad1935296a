/** A small file of our own, such as a record in the cache, read at once: never a pipe, and never more than is sensible. */
import { openRegularFile } from './open-file.ts';

/**
 * The text of a file; undefined if it is not there, is no regular file of this user, or has more than `maxBytes` bytes.
 */
export async function readOwnFile(path: string, maxBytes: number): Promise<string | undefined> {
  const file = await openRegularFile('readOwnFile', path).catch(() => undefined);
  if (!file) return undefined;
  try {
    // Whatever is written here by somebody else is not ours to believe.
    const isOurs = (await file.handle.stat()).uid === (process.getuid?.() ?? 0);
    if (!isOurs || file.size > maxBytes) return undefined;
    const bytes = Buffer.alloc(maxBytes);
    const { bytesRead } = await file.handle.read(bytes, 0, maxBytes, 0);
    return bytes.toString('utf8', 0, bytesRead);
  } catch {
    return undefined;
  } finally {
    await file.handle.close();
  }
}
