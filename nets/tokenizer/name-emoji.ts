/**
 * Emoji in a text become their English names, as the package `emoji` of PyPI does it: the longest sequence of letters
 * that is an emoji, also one of several emoji that zero width joiners join; of sequences that nobody gave a name, each
 * emoji by itself.
 */
import { listEmoji, PARTS } from './list-emoji.ts';

const JOINER = '\u200d';
/** Ask for letters or for colours, and are dropped where they belong to no emoji. */
const SELECTORS: readonly string[] = ['\ufe0e', '\ufe0f'];

/** Emoji by their letters, one after the other. */
interface Node {
  readonly next: Map<string, Node>;
  name?: string;
}

/** A letter as it is, or an emoji. */
interface Token {
  readonly letters: string;
  readonly text: string;
}

/** Names emoji in texts; the table of them takes a moment and some megabytes. */
export function createEmojiNamer(): (text: string) => string {
  const names = listEmoji();
  const root = growTree(names);
  return (text) =>
    splitEmoji(Array.from(text), names, root)
      .map((token) => token.text)
      .join('');
}

function growTree(names: ReadonlyMap<string, string>): Node {
  const root: Node = { next: new Map() };
  for (const [emoji, name] of names) {
    let node = root;
    for (const letter of emoji) {
      const next = node.next.get(letter) ?? { next: new Map() };
      node.next.set(letter, next);
      node = next;
    }
    node.name = name;
  }
  return root;
}

/**
 * A joiner that no emoji goes on after is met twice: first as a part of what could have become one, or behind one. Then
 * it is barred, and what stood before it is looked up again and ends there.
 */
function splitEmoji(letters: readonly string[], names: ReadonlyMap<string, string>, root: Node): Token[] {
  const tokens: Token[] = [];
  const barred = new Set<number>();
  // Tokens before it are behind a letter that begins no emoji, and done.
  let open = 0;
  let at = 0;
  while (at < letters.length) {
    const letter = letters[at]!;
    const last = tokens.length > open ? tokens.at(-1)! : undefined;
    const isBarred = barred.has(at);
    const found = isBarred ? undefined : findEmoji(letters, at, barred, root);
    if (found) {
      tokens.push(found.token);
      at = found.end;
      continue;
    }
    if (!isBarred && !root.next.has(letter)) {
      if (letter === JOINER && last && names.has(last.letters) && root.next.has(letters[at - 1]!)) {
        barred.add(at);
        at = stepBack(tokens, open, letters, at);
        continue;
      }
      open = tokens.length;
    }
    if (!SELECTORS.includes(letter)) tokens.push({ letters: letter, text: letter });
    at++;
  }
  return tokens;
}

/** The emoji of most letters that begins there, if all letters that could go on do so. */
function findEmoji(
  letters: readonly string[],
  at: number,
  barred: ReadonlySet<number>,
  root: Node,
): { readonly token: Token; readonly end: number } | undefined {
  let node = root.next.get(letters[at]!);
  let end = at + 1;
  for (; node && end < letters.length && !barred.has(end); end++) {
    const next = node.next.get(letters[end]!);
    if (!next) break;
    node = next;
  }
  if (node?.name === undefined) return undefined;
  return { token: { letters: letters.slice(at, end).join(''), text: node.name }, end };
}

/** Takes back the emoji before a joiner, with the one that a tone or hair belongs to, and says where it began. */
function stepBack(tokens: Token[], open: number, letters: readonly string[], joiner: number): number {
  const isPart = PARTS.has(tokens.at(-1)!.letters);
  const taken = tokens.splice(Math.max(open, tokens.length - (isPart ? 2 : 1)));
  const start = joiner - taken.reduce((sum, token) => sum + Array.from(token.letters).length, 0);
  if (!isPart || letters[start] !== JOINER) return start;
  // What was before the part was a joiner, which stays.
  tokens.push(taken[0]!);
  return start + 1;
}
