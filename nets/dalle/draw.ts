/**
 * Drawing a picture's tokens one after the other: raster order, each from the logits of the transformer given the text
 * and every token before it; kept tokens are forced (the paper's completions are the case where they come first).
 *
 * B candidates of one text; with guidance each has a twin that reads the empty text and is given the same tokens.
 * V image tokens. Candidate i draws with seed + i, and the number it draws at a position depends on nothing else.
 */
import type { RunOptions } from '../../ops/index.ts';
import { candidateSeed, uniformAt } from '../sampling/random.ts';
import { logProbabilityOf, sampleToken } from '../sampling/sample-token.ts';
import type { SamplingSettings } from '../sampling/settings.ts';
import type { TokenDecoding, TokenTransformer } from '../token-transformer.ts';

/** The tokens of every candidate at a position, [B]. */
interface DrawnTokens {
  readonly position: number;
  readonly tokens: Int32Array;
  /** ln p of each token that was drawn, as the transformer gives it; 0 for one that was kept. */
  readonly logProbabilities: Float64Array;
}

interface DrawRequest {
  /** The rows of the text, and of the empty text. */
  readonly text: Int32Array;
  readonly emptyText: Int32Array;
  readonly settings: SamplingSettings;
  /** The first candidate of this batch, and how many there are. */
  readonly first: number;
  readonly count: number;
  /** A token for each position that is not drawn, -1 elsewhere. */
  readonly kept: Int32Array;
}

/** Draws all positions of a batch, one after the other. Stopping early lets the plans go. */
export async function* drawTokens(
  transformer: TokenTransformer,
  request: DrawRequest,
  options: RunOptions,
): AsyncGenerator<DrawnTokens> {
  const { settings, count, kept } = request;
  const guided = settings.guidance !== 1;
  const text = guided ? Int32Array.of(...request.text, ...request.emptyText) : request.text;
  const decoding = await transformer.begin(text, guided ? 2 * count : count, options);
  try {
    const isGreedy = settings.topK === 1 && !guided;
    let logits = decoding.first;
    let start = 0;
    for (const row of listKeptRows(kept, transformer.grid[1])) {
      logits = await decoding.readRow(row, options);
      for (const token of row) yield { position: start++, ...keepToken(token, count) };
    }
    let next = pickTokens(logits, request, start);
    for (let position = start; ; position++) {
      yield { position, ...next };
      if (position === kept.length - 1) return;
      const given = guided ? Int32Array.of(...next.tokens, ...next.tokens) : next.tokens;
      next = isGreedy
        ? await pickOnDevice(decoding, given, kept[position + 1]!, options)
        : pickTokens(await decoding.step(given, options), request, position + 1);
    }
  } finally {
    decoding.dispose();
  }
}

type Picked = Omit<DrawnTokens, 'position'>;

function keepToken(token: number, count: number): Picked {
  return { tokens: new Int32Array(count).fill(token), logProbabilities: new Float64Array(count) };
}

/** The whole rows that are kept before the first token that is drawn. */
function listKeptRows(kept: Int32Array, width: number): Int32Array[] {
  const first = kept.indexOf(-1);
  const rows = Math.floor((first < 0 ? kept.length - 1 : first) / width);
  return Array.from({ length: rows }, (_, row) => kept.slice(row * width, (row + 1) * width));
}

function pickTokens(logits: Float32Array, { settings, first, count, kept }: DrawRequest, position: number): Picked {
  const vocabulary = logits.length / (settings.guidance === 1 ? count : 2 * count);
  const row = (index: number): Float32Array => logits.subarray(index * vocabulary, (index + 1) * vocabulary);
  const tokens = new Int32Array(count);
  const logProbabilities = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    if (kept[position]! >= 0) {
      tokens[i] = kept[position]!;
      continue;
    }
    const uniform = uniformAt(candidateSeed(settings.seed, first + i), position);
    const both = { conditional: row(i), unconditional: settings.guidance === 1 ? undefined : row(count + i) };
    const { token, logProbability } = sampleToken(both, settings, uniform);
    tokens[i] = token;
    logProbabilities[i] = logProbability;
  }
  return { tokens, logProbabilities };
}

/** Greedy picks need one number a candidate from the device. */
async function pickOnDevice(
  decoding: TokenDecoding,
  given: Int32Array,
  kept: number,
  options: RunOptions,
): Promise<Picked> {
  const { tokens, logProbability } = await decoding.stepGreedy(given, options);
  if (kept >= 0) return keepToken(kept, tokens.length);
  return { tokens, logProbabilities: Float64Array.from(logProbability) };
}

/** Nats a token: −ln p of each image token given the text and those before it, averaged. logits [H·W, V]. */
export function averageNats(logits: Float32Array, tokens: Int32Array): number {
  const vocabulary = logits.length / tokens.length;
  let sum = 0;
  tokens.forEach((token, at) => {
    sum -= logProbabilityOf(token, logits.subarray(at * vocabulary, (at + 1) * vocabulary));
  });
  return sum / tokens.length;
}
