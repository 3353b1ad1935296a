/**
 * Texts from a file for `--prompts`: UTF-8, one a line. Editors of all systems are taken as they are, with a byte order
 * mark and any line ends; lines without a letter are skipped.
 */
import { FormatError } from '../base/errors.ts';
import { readSource } from '../images/node/read.ts';
import type { Terminal } from './terminal.ts';

const maxBytes = 1_000_000;
/** Each takes seconds to draw: more are a mistake. */
const maxPrompts = 10_000;

/**
 * The texts in a file, in order.
 *
 * @param input a path, an address, or `-`
 * @throws FormatError `E_PROMPTS` for a file that is no such list; as `readSource`
 */
export async function readPrompts(input: string, { signal, stdin }: Terminal): Promise<string[]> {
  const text = decodeUtf8(await readSource(input, { signal, stdin, maxBytes }));
  if (text === undefined) throw promptsError(input, 'it is not UTF-8. Save it as UTF-8');
  if (text.includes('\0')) throw promptsError(input, 'there are NUL characters in it. Save it as UTF-8, not as UTF-16');
  const prompts = text.split(/\r\n|\n|\r/).filter((line) => line.trim() !== '');
  if (prompts.length === 0) throw promptsError(input, 'no line of it holds a text');
  if (prompts.length <= maxPrompts) return prompts;
  throw promptsError(input, `it has ${prompts.length} of them, and one call draws at most ${maxPrompts}. Divide it`);
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function promptsError(input: string, what: string): FormatError {
  const name = input === '-' ? 'standard input' : input;
  return new FormatError('E_PROMPTS', `generate: wanted texts in ${name}, one a line, but ${what}.`);
}
