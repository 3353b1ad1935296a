/**
 * All emoji with their names, from the short list that emoji-names.ts holds. An entry with `a` stands for its emoji
 * without a tone of skin and with each of the five; one with `b` for all pairs of tones, in the places of `a` and `b`;
 * one with `c` for all pairs of two that differ. The names of tones stand where the name has `~`, or at its end.
 */
import { EMOJI_NAMES, EMOJI_PARTS } from './emoji-names.ts';

/** Asks for an emoji in colours. In a text it may be missing, everywhere that an emoji has one. */
const SELECTOR = '\ufe0f';
const TONES: readonly (readonly [emoji: string, name: string])[] = readEntries(EMOJI_PARTS).slice(0, 5);

/** What stands behind other emoji: tones of skin, and hair. */
export const PARTS: ReadonlySet<string> = new Set(readEntries(EMOJI_PARTS).map(([emoji]) => emoji));

/** The name of each emoji, with and without its selectors. */
export function listEmoji(): Map<string, string> {
  const names = new Map<string, string>();
  for (const [pattern, name] of readEntries(EMOJI_NAMES)) {
    for (const [emoji, said] of addTones(pattern, name)) {
      for (const form of omitSelectors(emoji)) names.set(form, said);
    }
  }
  for (const [emoji, name] of readEntries(EMOJI_PARTS)) names.set(emoji, name);
  return names;
}

function readEntries(text: string): [emoji: string, name: string][] {
  const words = text.trim().split(/\s+/);
  return Array.from({ length: words.length / 2 }, (_, entry) => [words[2 * entry + 1]!, words[2 * entry]!]);
}

function* addTones(pattern: string, name: string): Generator<[emoji: string, name: string]> {
  if (/[bc]/.test(pattern)) yield* addTwoTones(pattern, name);
  else {
    yield [pattern.replace('a', ''), name.replace('~', '')];
    // A tone asks for colours as well, and takes the place of the selector.
    if (pattern.includes('a')) {
      for (const [tone, said] of TONES) yield [pattern.replace(/a\ufe0f?/, tone), addName(name, said)];
    }
  }
}

function* addTwoTones(pattern: string, name: string): Generator<[emoji: string, name: string]> {
  for (const [first, firstName] of TONES) {
    for (const [second, secondName] of TONES) {
      if (first === second && !pattern.includes('b')) continue;
      const said = first === second ? firstName : `${firstName}_${secondName}`;
      yield [pattern.replace('a', first).replace(/[bc]/, second), addName(name, said)];
    }
  }
}

function addName(name: string, tone: string): string {
  return name.includes('~') ? name.replace('~', `_${tone}`) : `${name}_${tone}`;
}

/** The emoji with each of its selectors left out or not. */
function omitSelectors(emoji: string): string[] {
  const [first = '', ...rest] = emoji.split(SELECTOR);
  return rest.reduce((forms, part) => forms.flatMap((form) => [form + part, form + SELECTOR + part]), [first]);
}
