/**
 * Captions as files hold them: a `.txt` beside a picture, a caption in each line; a `.json` beside it as img2dataset
 * writes it; and lines of `captions.jsonl`. Somebody else wrote them, so each is bounded and judged.
 *
 * Pure: runs in Node and in the browser.
 */
import { parseJson } from '../../base/parse-json.ts';

/** Bytes of a file of captions, and of a line of captions.jsonl. */
export const MAX_CAPTION_BYTES = 1_000_000;

/** The lines of a `.txt`, without empty ones. Throws where it is not UTF-8. */
export function readCaptionLines(bytes: Uint8Array): string[] {
  return decodeText(bytes)
    .split(/\r\n?|\n/)
    .map(tidy)
    .filter(Boolean);
}

/** `caption` and `captions` of a `.json`; none where it has neither. Throws where it is no JSON. */
export function readJsonCaptions(bytes: Uint8Array): string[] {
  return collectCaptions(parseJson(decodeText(bytes))) ?? [];
}

/** What a line of captions.jsonl says. */
interface CaptionLine {
  readonly file: string;
  readonly captions: readonly string[];
}

/** Undefined for anything that is not `{file, caption}` or `{file, captions}`. */
export function readCaptionLine(line: string): CaptionLine | undefined {
  try {
    const value = parseJson(line);
    const captions = collectCaptions(value);
    const file = (value as Readonly<Record<string, unknown>> | null)?.['file'];
    return typeof file === 'string' && file !== '' && captions ? { file, captions } : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined where there is neither, or another kind of value. */
function collectCaptions(value: unknown): string[] | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { caption, captions } = value as Readonly<Record<string, unknown>>;
  const list: unknown = captions ?? caption;
  const texts: unknown[] = Array.isArray(list) ? list : [list];
  if (!texts.every((text) => typeof text === 'string')) return undefined;
  return texts.map(tidy).filter(Boolean);
}

/** A caption is one line: line ends within JSON's become spaces. NUL would end it for many a program. */
function tidy(text: string): string {
  return text.replace(/[\s\0]+/g, ' ').trim();
}

function decodeText(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
}
