/** Text as tokens: what dalle-gl exports of this folder. */
export { BpeTokenizer, type BpeVocabulary } from './bpe.ts';
export { formatExplanation } from './explain-word.ts';
export type { Dropout } from './merge-pieces.ts';
export type { StartWorker } from './foreign-host.ts';
export { openTokenizer, type OpenTokenizerOptions } from './open-tokenizer.ts';
export { prepareText, type PrepareTextOptions } from './prepare-text.ts';
export { formatTokenizer } from './tokenizer-json.ts';
export {
  MAX_EXPLAINED_LENGTH,
  MAX_TEXT_LENGTH,
  type ExplainedToken,
  type MergeStep,
  type Tokenizer,
  type WordExplanation,
} from './tokenizer.ts';
export { trainBpe, type TrainBpeOptions } from './train-bpe.ts';
