/**
 * What is the matter with a data set, counted by kind with the first few names of each: a set of a million pictures has
 * its broken ones, and nobody reads a line for each.
 *
 * Pure: runs in Node and in the browser.
 */

export type FindingKind =
  | ('other-kind' | 'dotted-name' | 'caption-alone' | 'not-there' | 'outside' | 'bad-line' | 'bad-captions')
  | (
      | 'two-pictures'
      | 'bad-shard'
      | 'packed-shard'
      | 'not-read'
      | 'not-a-picture'
      | 'broken'
      | 'too-large'
      | 'too-small'
    )
  | ('no-caption' | 'too-long' | 'cut' | 'unknown' | 'sides');

/** What so many of a kind are, what is the matter with them, and whether they are left out of training. */
const kinds: Readonly<Record<FindingKind, readonly [what: string, matter: string, isSkipped: boolean]>> = {
  'other-kind': ['picture', 'of a kind not read here (save as PNG or JPEG)', true],
  'dotted-name': ['file', 'with two dots in the name (in a shard, "a.b.jpg" is no picture of "a")', true],
  'caption-alone': ['caption file', 'without a picture of that name', true],
  'not-there': ['line', 'of captions.jsonl naming a file that is not there', true],
  outside: ['line', 'of captions.jsonl naming a file outside of the data set', true],
  'bad-line': ['line', 'of captions.jsonl not of the form {"file": "a.png", "caption": "a red ball"}', true],
  'bad-captions': ['caption file', 'not in UTF-8, not JSON as its name says, or larger than 1 MB', true],
  'two-pictures': ['picture', 'beside another one of the same name in a shard', true],
  'bad-shard': ['shard', 'not a tar, damaged or cut short (what comes before that is used)', true],
  'packed-shard': ['shard', 'too large when unpacked to be held in memory (unpack with gunzip)', true],
  'not-read': ['file', 'unreadable', true],
  'not-a-picture': ['file', 'neither PNG, JPEG nor WebP, whatever the name says', true],
  broken: ['picture', 'damaged or cut short', true],
  'too-large': ['picture', 'of more pixels or bytes than are decoded', true],
  'too-small': ['picture', 'smaller than asked for', true],
  'no-caption': ['picture', 'without a caption', true],
  'too-long': ['caption', 'of more tokens than are read', true],
  cut: ['caption', 'of more tokens than are read, to be cut', false],
  unknown: ['caption', 'with letters that the tokenizer does not know', false],
  sides: ['caption', 'saying left or right (these pictures are never flipped)', false],
};

/** Something that is the matter with some files, pictures or captions of a data set. */
export interface Finding {
  readonly kind: FindingKind;
  readonly count: number;
  /** The first few of them. */
  readonly names: readonly string[];
  /** Whether they are left out of training. */
  readonly isSkipped: boolean;
  /** All of it as one line, names included. */
  readonly says: string;
}

/** Names that are kept of each kind. */
const KEPT_NAMES = 5;
const MAX_NAME_LENGTH = 120;

/** Counts as it goes. */
export class FindingCounts {
  readonly #counts = new Map<FindingKind, { count: number; readonly names: string[] }>();

  /** One more of `kind`. */
  add(kind: FindingKind, name: string): void {
    const entry = this.#counts.get(kind) ?? { count: 0, names: [] };
    entry.count += 1;
    if (entry.names.length < KEPT_NAMES) entry.names.push(showName(name));
    this.#counts.set(kind, entry);
  }

  /** In the order of the table. */
  list(): Finding[] {
    return (Object.keys(kinds) as FindingKind[]).flatMap((kind) => {
      const found = this.#counts.get(kind);
      return found ? [{ kind, ...found, isSkipped: kinds[kind][2], says: say(kind, found.count, found.names) }] : [];
    });
  }
}

function say(kind: FindingKind, count: number, names: readonly string[]): string {
  const [what, matter, isSkipped] = kinds[kind];
  const more = count > names.length ? `, and ${count - names.length} more` : '';
  const plural = count === 1 ? '' : 's';
  return `${count} ${what}${plural} ${matter}${isSkipped ? ', left out' : ''}: ${names.join(', ')}${more}`;
}

/** Names of files come from strangers: nothing of them reaches a terminal as a command, and none fills the screen. */
function showName(name: string): string {
  const plain = name.replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '?');
  return plain.length <= MAX_NAME_LENGTH ? plain : `…${plain.slice(1 - MAX_NAME_LENGTH)}`;
}
