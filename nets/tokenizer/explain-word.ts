/**
 * Byte pair encoding watched at work: a word's merges one by one, and a whole explanation as lines for a person.
 * Pure.
 */
import { checkEach } from '../../base/check-argument.ts';
import { mergePieces, type FindMerge } from './merge-pieces.ts';
import type { ExplainedToken, MergeStep, WordExplanation } from './tokenizer.ts';

/**
 * How `letters`, which `word` was cut into, are merged; `identify` gives the token of each piece that is left, and
 * `show` the text of one [itself].
 */
export function explainWord<Piece>(
  word: string,
  letters: readonly Piece[],
  find: FindMerge<Piece>,
  identify: (piece: Piece) => ExplainedToken,
  show: (piece: Piece) => string = String,
): WordExplanation {
  const steps: MergeStep[] = [];
  const pieces = mergePieces(letters, find, {
    onMerge: (rank, left, right, after) =>
      steps.push({ rank, left: show(left), right: show(right), pieces: after.map(show) }),
  });
  return { word, letters: letters.map(show), steps, tokens: pieces.map(identify) };
}

/** One line for the letters of each word, one for each merge, with its rank, and one for the tokens. */
export function formatExplanation(words: readonly WordExplanation[]): string {
  checkEach('formatExplanation', 'words', 'what explain gives', words, (word) => {
    const { letters, steps, tokens } = (word ?? {}) as Partial<WordExplanation>;
    return [letters, steps, tokens].every(Array.isArray);
  });
  return words
    .flatMap(({ word, letters, steps, tokens }) => [
      letters.length > 0 ? letters.join(' ') : word,
      ...steps.map(({ rank, pieces }) => `${pieces.join(' ')}  (merge ${rank})`),
      `= ${tokens.map(({ id, text }) => `${id} ${text}`).join(', ')}`,
    ])
    .join('\n');
}
