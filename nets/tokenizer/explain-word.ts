/**
 * Byte pair encoding watched at work: a word's merges one by one, and a whole explanation as lines for a person.
 * Pure.
 */
import { checkEach } from '../../base/check-argument.ts';
import { mergePieces, type MergeRanks } from './merge-pieces.ts';
import type { ExplainedToken, MergeStep, WordExplanation } from './tokenizer.ts';

/** How `letters`, which `word` was cut into, are merged; `identify` gives the token of each piece that is left. */
export function explainWord(
  word: string,
  letters: readonly string[],
  ranks: MergeRanks,
  identify: (piece: string) => ExplainedToken,
): WordExplanation {
  const steps: MergeStep[] = [];
  const pieces = mergePieces(letters, ranks, {
    onMerge: (rank, left, right, after) => steps.push({ rank, left, right, pieces: after }),
  });
  return { word, letters, steps, tokens: pieces.map(identify) };
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
