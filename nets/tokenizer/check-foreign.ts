/**
 * What can be seen of a foreign tokenizer.json before it runs: ids that would make endless lists, and replacements that
 * would make a short text endless.
 */
import { checkToken, tokenizerError, type JsonObject } from './vocabulary.ts';

/** How many times longer replacements may make a text; those of real tokenizers make it twice as long. */
const MAX_GROWTH = 100;

/** Throws FormatError `E_TOKENIZER_FILE`. */
export function checkForeign(json: JsonObject): void {
  checkTokens(json);
  checkIds(json);
  checkReplacements(json);
}

function checkTokens({ model, added_tokens: added }: JsonObject): void {
  const { vocab } = model as JsonObject;
  const pieces: unknown[] = Array.isArray(vocab) ? vocab.map((entry: unknown) => (entry as unknown[] | null)?.[0]) : [];
  const contents: unknown[] = Array.isArray(added) ? added.map((token: JsonObject | null) => token?.['content']) : [];
  const keys = typeof vocab === 'object' && vocab !== null ? Object.keys(vocab) : [];
  for (const token of [...keys, ...pieces, ...contents]) if (typeof token === 'string') checkToken(token);
}

/** The package makes lists as long as the highest id; a small file may not have it make a long one. */
function checkIds({ model, added_tokens: added }: JsonObject): void {
  const { vocab } = model as JsonObject;
  // A list, of Unigram's, has no ids of its own.
  const ids: unknown[] =
    typeof vocab === 'object' && vocab !== null && !Array.isArray(vocab) ? Object.values(vocab) : [];
  for (const token of Array.isArray(added) ? (added as unknown[]) : [])
    ids.push((token as { id?: unknown } | null)?.id);
  const limit = 2 * ids.length + (Array.isArray(vocab) ? vocab.length : 0);
  const isValid = (id: unknown): boolean => typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < limit;
  const place = ids.findIndex((id) => !isValid(id));
  if (place < 0) return;
  throw tokenizerError(`token ${place} of its ${ids.length} has no whole number below ${limit} as its id`);
}

function checkReplacements({ normalizer, pre_tokenizer, decoder }: JsonObject): void {
  let growth = 1;
  for (const { type, content } of [normalizer, pre_tokenizer, decoder].flatMap(listSteps)) {
    if (type !== 'Replace' || typeof content !== 'string') continue;
    // JavaScript takes these for a part of the text; the original of the package takes them as they are.
    if (/\$[$&`'<\d]/.test(content)) throw tokenizerError(`it replaces with ${JSON.stringify(content.slice(0, 40))}`);
    growth *= Math.max(1, content.length);
    if (growth > MAX_GROWTH) throw tokenizerError(`its replacements make a text more than ${MAX_GROWTH} times as long`);
  }
}

/** A step, or all those of a sequence. */
function listSteps(value: unknown): JsonObject[] {
  if (Array.isArray(value)) return value.flatMap(listSteps);
  if (typeof value !== 'object' || value === null) return [];
  return [value as JsonObject, ...Object.values(value).flatMap(listSteps)];
}
