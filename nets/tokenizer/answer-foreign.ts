/**
 * What is done in the worker of a foreign tokenizer: Hugging Face's package is asked, and every answer is bounded
 * before it goes back. Special tokens that the file would add at the ends are left out, as DALLE-pytorch does.
 */
import type { Tokenizer } from '@huggingface/tokenizers';
import type { Answer, Question } from './foreign-host.ts';

/** Beyond what any text that is read at all takes, one token for each of its bytes and more. */
const MAX_TOKENS = 2 ** 19;
const MAX_TEXT = 2 ** 24;

/** Answers questions with the package's class. What it throws becomes a `fault`. */
export function createAnswerer(Package: typeof Tokenizer): (question: Question) => Answer {
  let inner: Tokenizer | undefined;
  return (question) => {
    try {
      if (question.kind === 'open') {
        inner = new Package(question.json, {});
        return { tokens: listTokens(inner) };
      }
      if (!inner) throw new Error('no tokenizer is open');
      return question.kind === 'encode' ? { ids: encode(inner, question.text) } : { text: decode(inner, question.ids) };
    } catch (cause) {
      return { fault: cause instanceof Error ? cause.message.slice(0, 400) : 'something unknown' };
    }
  };
}

function listTokens(tokenizer: Tokenizer): string[] {
  const tokens: string[] = [];
  for (const [token, id] of tokenizer.get_vocab()) tokens[id] = token;
  if (tokens.length === 0) throw new Error('its vocabulary is empty');
  return tokens;
}

function encode(tokenizer: Tokenizer, text: string): number[] {
  const { ids } = tokenizer.encode(text, { add_special_tokens: false });
  if (ids.length > MAX_TOKENS) throw new Error(`the text became ${ids.length} tokens`);
  return ids;
}

function decode(tokenizer: Tokenizer, ids: readonly number[]): string {
  const text = tokenizer.decode([...ids], { skip_special_tokens: true });
  if (text.length > MAX_TEXT) throw new Error(`the tokens became a text of ${text.length} letters`);
  return text;
}
