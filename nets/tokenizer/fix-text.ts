/**
 * What the Python package ftfy 6.3.1 does to a text before CLIP reads it, but for one thing: it does not guess that a
 * text was read in a wrong encoding, as `cafÃ©` was. The rest is done as there: names of characters in HTML, control
 * characters, ligatures, full and half width, curly quotes, ends of lines, terminal colours, NFC.
 */
import { unescapeCarefully } from './unescape-html.ts';
import { WINDOWS_1252 } from './windows-1252.ts';

/** Names may be written within names. The original goes on until nothing changes; no caption needs more than a few. */
const MAX_ROUNDS = 32;

const LIGATURES: Readonly<Record<string, string>> = {
  ...{ Ĳ: 'IJ', ĳ: 'ij', ŉ: 'ʼn', Ǳ: 'DZ', ǲ: 'Dz', ǳ: 'dz', Ǆ: 'DŽ', ǅ: 'Dž', ǆ: 'dž', Ǉ: 'LJ', ǈ: 'Lj', ǉ: 'lj' },
  ...{ Ǌ: 'NJ', ǋ: 'Nj', ǌ: 'nj', ﬀ: 'ff', ﬁ: 'fi', ﬂ: 'fl', ﬃ: 'ffi', ﬄ: 'ffl', ﬅ: 'ſt', ﬆ: 'st' },
};
const LIGATURE = new RegExp(`[${Object.keys(LIGATURES).join('')}]`, 'g');

/** What each round does, in this order. */
const FIXES: readonly (readonly [pattern: RegExp, replacement: string | ((found: string) => string)])[] = [
  [/[\x80-\x9f]/g, (control) => WINDOWS_1252[control.charCodeAt(0) - 0x80]!],
  [LIGATURE, (ligature) => LIGATURES[ligature]!],
  [/[\uff01-\uffef]/g, (wide) => wide.normalize('NFKC')],
  [/\u3000/g, ' '],
  [/[\u201c-\u201f]/g, '"'],
  [/[\u02bc\u2018-\u201b]/g, "'"],
  [/\r\n|[\r\u2028\u2029\x85]/g, '\n'],
  [/\p{Surrogate}/gu, '\ufffd'],
  [/\x1b\[[\d;]*[a-zA-Z]/g, ''],
  [/[\0-\x08\x0b\x0e-\x1f\x7f\u206a-\u206f\ufeff\ufff9-\ufffc]/g, ''],
];

/** The text as ftfy has it, line by line. */
export function fixText(text: string): string {
  let isHtml = false;
  return text
    .split(/(?<=\n)/)
    .map((line) => {
      // In what looks like HTML names are left as they are, and in all lines after it.
      isHtml ||= line.includes('<');
      return fixLine(line, isHtml);
    })
    .join('');
}

function fixLine(line: string, isHtml: boolean): string {
  let fixed = line;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const before = fixed;
    if (!isHtml) fixed = unescapeCarefully(fixed);
    for (const [pattern, replacement] of FIXES) fixed = fixed.replace(pattern, replacement as string);
    fixed = fixed.normalize('NFC');
    if (fixed === before) break;
  }
  return fixed;
}
