/**
 * A stream's bytes joined, with a limit that holds whatever the stream announced.
 */
import { FormatError } from '../../base/errors.ts';

/** Everything `stream` yields; stops it with `E_FILE_TOO_LARGE` as soon as there are more than `maxBytes`. */
export async function collectBytes(
  stream: AsyncIterable<Uint8Array>,
  maxBytes: number,
  name: string,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of stream) {
    parts.push(part);
    length += part.length;
    if (length > maxBytes) throw tooManyBytes(name, 'more', maxBytes);
  }
  return Buffer.concat(parts);
}

export function tooManyBytes(name: string, found: string, maxBytes: number): FormatError {
  return new FormatError(
    'E_FILE_TOO_LARGE',
    `readSource: wanted at most ${maxBytes} bytes, but ${name} has ${found}. It is probably not a picture; if it is, ` +
      'shrink it or raise maxBytes.',
  );
}
