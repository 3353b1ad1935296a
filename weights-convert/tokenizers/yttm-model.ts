/**
 * YouTokenToMe's model file: whole numbers in plain text. The count of letters n and of merges m; n times a letter's
 * number in Unicode and its id; m times the ids of two tokens and of what they become; the ids of `<UNK>`, `<PAD>`,
 * `<BOS>` and `<EOS>`.
 */
import { MAX_ENTRIES, tokenizerError, type JsonObject } from '../../nets/tokenizer/vocabulary.ts';
import { readYttmModel, YTTM } from '../../nets/tokenizer/yttm-form.ts';

/** Its first two lines, the second of a letter. */
export const YTTM_FILE: RegExp = /^\d{1,7} \d{1,7}\r?\n\d{1,7} \d{1,7}\r?\n/;

/**
 * The JSON of the `tokenizer.json` that says the same: letters lie in the order of their ids, since theirs in the file
 * is that of a hash table.
 *
 * @param lowercase whether text is made small and trimmed first
 * @throws FormatError `E_TOKENIZER_FILE`
 */
export function convertYttmModel(text: string, lowercase: boolean): JsonObject {
  const numbers = readNumbers(text);
  const [letterCount = 0, mergeCount = 0] = numbers;
  const mergesStart = 2 + 2 * letterCount;
  const end = mergesStart + 3 * mergeCount;
  if (numbers.length !== end + 4) {
    throw tokenizerError(
      `of YouTokenToMe's ${letterCount} letters and ${mergeCount} merges, it should have ${end + 4} numbers and has ` +
        `${numbers.length}`,
    );
  }
  const [unk, pad, bos, eos] = numbers.slice(end);
  const model = {
    type: YTTM,
    lowercase,
    special: { unk, pad, bos, eos },
    letters: readLetters(numbers.slice(2, mergesStart)),
    merges: Array.from({ length: mergeCount }, (_, rank) =>
      numbers.slice(mergesStart + 3 * rank, mergesStart + 3 * rank + 3),
    ),
  };
  readYttmModel(model);
  return { version: '1.0', model };
}

/** Digits and space of a number. */
const MAX_NUMBER_LENGTH = 10;

function readNumbers(text: string): number[] {
  const [letters = 0, merges = 0] = text.split('\n', 1)[0]!.split(' ').map(Number);
  const isFit = letters + merges <= MAX_ENTRIES && text.length <= MAX_NUMBER_LENGTH * (6 + 2 * letters + 3 * merges);
  if (!isFit)
    throw tokenizerError(`it is too long for YouTokenToMe's model of ${letters} letters and ${merges} merges`);
  const words = text.split(/\s+/).filter(Boolean);
  const place = words.findIndex((word) => !/^(?:\d{1,7}|-1)$/.test(word));
  if (place >= 0) throw tokenizerError(`word ${place} of YouTokenToMe's model is no whole number`);
  return words.map(Number);
}

function readLetters(numbers: readonly number[]): JsonObject {
  const letters = Array.from({ length: numbers.length / 2 }, (_, place): [letter: string, id: number] => {
    const code = numbers[2 * place]!;
    if (code < 0 || code > 0x10ffff) throw tokenizerError(`there is no letter ${code}`);
    return [String.fromCodePoint(code), numbers[2 * place + 1]!];
  });
  const byLetter = new Map(letters.sort(([, a], [, b]) => a - b));
  if (byLetter.size < letters.length) throw tokenizerError('it has a letter twice');
  return Object.fromEntries(byLetter);
}
