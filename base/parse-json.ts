/**
 * JSON that somebody else wrote, bounded before anything is built of it. `JSON.parse` itself takes any depth, but
 * whatever walks over its result afterwards, `JSON.stringify` and `String` among it, runs out of stack.
 *
 * Pure: runs in Node and in the browser.
 */

/** Levels of brackets: our own files have four, tokenizers of others half a dozen. */
const MAX_LEVELS = 100;
/** Letters. Many small values take some twenty times as many bytes. */
const MAX_LENGTH = 16 * 1024 * 1024;

/**
 * As `JSON.parse`. Each caller catches what is thrown and says it in its own words.
 *
 * @throws RangeError for more than 100 levels of brackets, or more than 16 million letters
 * @throws SyntaxError
 */
export function parseJson(text: string): unknown {
  if (text.length > MAX_LENGTH) throw new RangeError(`it has ${text.length} letters and may have ${MAX_LENGTH}`);
  let level = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (letter === '"') isQuoted = !isQuoted;
    else if (isQuoted) at += letter === '\\' ? 1 : 0;
    else if (letter === '[' || letter === '{') level++;
    else if (letter === ']' || letter === '}') level--;
    if (level > MAX_LEVELS) throw new RangeError(`it has brackets within brackets, more than ${MAX_LEVELS} deep`);
  }
  return JSON.parse(text);
}
