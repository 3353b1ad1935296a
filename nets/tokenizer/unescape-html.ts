/**
 * Names and numbers of characters in HTML, such as `&eacute;` and `&#233;`, become the characters: as Python's
 * `html.unescape` does it, which follows the standard, and as ftfy does it, which is more careful.
 */
import { HTML_ENTITIES } from './html-entities.ts';
import { WINDOWS_1252 } from './windows-1252.ts';

/** What a name stands for, and whether its semicolon may be missing. */
interface Entity {
  readonly text: string;
  readonly isBare: boolean;
}

const ENTITIES: ReadonlyMap<string, Entity> = readEntities();

/** As Python's `html.unescape`: of a name that is none its longest beginning that is one without a semicolon. */
export function unescapeHtml(text: string): string {
  return text.replace(/&(?:#(\d+);?|#[xX]([\da-fA-F]+);?|([^\t\n\f <&#;]{1,32})(;?))/gu, (whole, ...groups) => {
    const [decimal, hex, name, end] = groups as (string | undefined)[];
    if (name === undefined) return readNumber(decimal === undefined ? parseInt(hex!, 16) : Number(decimal));
    const exact = ENTITIES.get(name);
    if (exact && (end === ';' || exact.isBare)) return exact.text;
    // No name of one letter is one.
    for (let length = name.length; length > 1; length--) {
      const found = ENTITIES.get(name.slice(0, length));
      if (found?.isBare) return found.text + name.slice(length) + end;
    }
    return whole;
  });
}

/** As ftfy: with a semicolon only, and names in capitals where HTML has no such. */
export function unescapeCarefully(text: string): string {
  return text.replace(/&(#?)([\dA-Za-z]{1,24});/g, (whole, sign: string, name: string) => {
    if (sign === '#') {
      const unescaped = unescapeHtml(whole);
      return unescaped.includes(';') ? whole : unescaped;
    }
    const exact = ENTITIES.get(name);
    if (exact) return exact.text;
    const small = name.toLowerCase();
    const isCapital = name === name.toUpperCase() && unescapeHtml(whole) === whole;
    return (isCapital && ENTITIES.get(small)?.text.toUpperCase()) || whole;
  });
}

function readNumber(code: number): string {
  if (code === 0) return '\ufffd';
  if (code === 0x0d) return '\r';
  if (code >= 0x80 && code <= 0x9f) return WINDOWS_1252[code - 0x80]!;
  if ((code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) return '\ufffd';
  const isControl = (code < 0x20 && ![0x09, 0x0a, 0x0c].includes(code)) || code === 0x7f;
  const isNoLetter = (code >= 0xfdd0 && code <= 0xfdef) || (code & 0xfffe) === 0xfffe;
  return isControl || isNoLetter ? '' : String.fromCodePoint(code);
}

function readEntities(): Map<string, Entity> {
  const entries = HTML_ENTITIES.trim().split(/\s+/);
  return new Map(
    entries.map((entry): [name: string, entity: Entity] => {
      const [, name = '', sign, codes = ''] = /^(\w+)([=!])(.+)$/.exec(entry) ?? [];
      const letters = codes.split('.').map((code) => String.fromCodePoint(parseInt(code, 16)));
      return [name, { text: letters.join(''), isBare: sign === '!' }];
    }),
  );
}
