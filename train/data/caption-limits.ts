/**
 * Which captions a net can read: not too long for it, and of letters that its tokenizer knows.
 *
 * Pure: runs in Node and in the browser.
 */
import { MAX_TEXT_LENGTH, type Tokenizer } from '../../nets/tokenizer/tokenizer.ts';

/** What captions are for. */
export interface CaptionLimits {
  /** Says how many tokens a caption has, and which letters it knows. */
  readonly tokenizer?: Tokenizer;
  /** Tokens that the net reads, marks around the words not counted. */
  readonly textLength?: number;
}

/** Of a private area of Unicode: no tokenizer was trained on it. */
const NOBODYS_LETTER = '\ue000';
/** English: which side of the picture a thing is on would be wrong after a flip. */
const SIDES = /\b(left|right)(most|wards?|-hand(ed)?)?\b/i;

/** Whether a caption says which side something is on. */
export function saysSides(caption: string): boolean {
  return SIDES.test(caption);
}

/** Judges captions one after the other, and remembers letters. */
export class CaptionJudge {
  readonly #limits: CaptionLimits;
  readonly #known = new Map<string, boolean>();
  #nobodys: string | undefined;

  constructor(limits: CaptionLimits) {
    this.#limits = limits;
  }

  /** Whether it has more tokens than are read. Without a tokenizer, only whether it is no caption at all. */
  async isTooLong(caption: string): Promise<boolean> {
    if (caption.length > MAX_TEXT_LENGTH) return true;
    const { tokenizer, textLength } = this.#limits;
    if (!tokenizer || textLength === undefined) return false;
    return (await tokenizer.encode(caption)).length > textLength;
  }

  /** Whether some letter of it is one that the tokenizer has no token for. */
  async hasUnknown(caption: string): Promise<boolean> {
    const { tokenizer } = this.#limits;
    if (!tokenizer) return false;
    for (const letter of new Set(caption)) {
      if (letter === ' ') continue;
      let isKnown = this.#known.get(letter);
      if (isKnown === undefined) {
        this.#nobodys ??= String(await tokenizer.encode(NOBODYS_LETTER));
        isKnown = String(await tokenizer.encode(letter)) !== this.#nobodys;
        this.#known.set(letter, isKnown);
      }
      if (!isKnown) return true;
    }
    return false;
  }
}
