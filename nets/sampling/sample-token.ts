/**
 * One token from the logits of the image vocabulary, V numbers for one position of one candidate: guidance, then
 * temperature, then top-k, then top-p, then a draw. All in float64 with operations that are the same everywhere, so
 * the same logits, settings and random number give the same token on every machine.
 *
 * Of equal logits the lower token comes first. Pure.
 */
import { checkNumber, checkNumbers, checkObject, checkView } from '../../base/check-argument.ts';
import { DalleError, ShapeError } from '../../base/errors.ts';
import { exponential } from './exponential.ts';
import { selectPrefix } from './select-prefix.ts';
import { samplingError, type SamplingSettings } from './settings.ts';

/** What a transformer says about the next token: V logits each, finite. */
interface TokenLogits {
  readonly conditional: Float32Array;
  /** Of the empty text; not looked at unless there is guidance. */
  readonly unconditional?: Float32Array | undefined;
}

interface DrawnToken {
  readonly token: number;
  /**
   * Natural logarithm of the probability that the transformer itself gave it: from the conditional logits, whatever
   * temperature, top-k, top-p and guidance were. Summed over a picture it ranks candidates.
   */
  readonly logProbability: number;
}

type DrawSettings = Pick<SamplingSettings, 'temperature' | 'topK' | 'topP' | 'guidance'>;

/**
 * Draws a token. With `topK: 1` it is the likeliest, whatever `uniform` is.
 *
 * @param uniform in [0, 1); `uniformAt(seed, position)` makes it repeatable
 * @throws UsageError `E_SAMPLING` for top-k over V, or guidance without unconditional logits
 * @throws DalleError `E_NOT_FINITE`
 */
export function sampleToken(logits: TokenLogits, settings: DrawSettings, uniform: number): DrawnToken {
  checkObject('sampleToken', 'logits', logits);
  checkObject('sampleToken', 'settings', settings);
  checkNumber('sampleToken', 'uniform', uniform);
  checkLogits('sampleToken', logits.conditional);
  if (settings.guidance !== 1 && logits.unconditional !== undefined) checkLogits('sampleToken', logits.unconditional);
  const { temperature, topP, guidance, topK = 1 } = settings;
  checkNumbers('sampleToken', 'temperature, topP, guidance, topK', [temperature, topP, guidance, topK]);
  checkFiniteLogits(logits.conditional);
  const token = pickToken(weighTokens(guideLogits(logits, settings.guidance), settings), uniform);
  return { token, logProbability: logProbabilityOf(token, logits.conditional) };
}

/**
 * u + s · (c − u): away from what the transformer says without a text, as min-dalle does it. At s = 1 that is c itself
 * and needs no u, at 0 the text does not count.
 */
export function guideLogits({ conditional, unconditional }: TokenLogits, guidance: number): Float64Array {
  if (guidance === 1) return new Float64Array(conditional);
  if (!unconditional) throw samplingError(`guidance ${guidance} needs the logits of the empty text too`);
  if (unconditional.length !== conditional.length) {
    throw new ShapeError(
      'E_SHAPE',
      `guideLogits: wanted as many unconditional as conditional logits, but got ${unconditional.length} and ` +
        `${conditional.length}. Both are of the image vocabulary, of one position and one candidate.`,
    );
  }
  checkFiniteLogits(unconditional);
  return new Float64Array(conditional).map(
    (c, token) => unconditional[token]! + guidance * (c - unconditional[token]!),
  );
}

/**
 * How likely each token is, up to a common factor: the likeliest has 1, and what top-k and top-p leave out has 0.
 * Top-p takes the fewest tokens of those that top-k left which together have at least its share of them.
 */
export function weighTokens(
  logits: Float64Array,
  { temperature, topK, topP }: Omit<DrawSettings, 'guidance'>,
): Float64Array {
  if (topK !== undefined && topK > logits.length) {
    throw samplingError(`topK is ${topK}, and the image vocabulary has only ${logits.length} tokens`);
  }
  const highest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const weights = logits.map((logit) => exponential((logit - highest) / temperature));
  const byLikelihood = (a: number, b: number): number => logits[b]! - logits[a]! || a - b;
  let kept = new Int32Array(logits.length).map((_, token) => token);
  if (topK !== undefined)
    kept = kept.subarray(
      0,
      selectPrefix(kept, byLikelihood, () => 1, topK),
    );
  if (topP < 1) {
    const share = topP * kept.reduce((sum, token) => sum + weights[token]!, 0);
    kept = kept.subarray(
      0,
      selectPrefix(kept, byLikelihood, (token) => weights[token]!, share),
    );
  }
  const result = new Float64Array(logits.length);
  for (const token of kept) result[token] = weights[token]!;
  return result;
}

/** The token at `uniform` of the way through the weights, laid end to end in the order of the tokens. */
function pickToken(weights: Float64Array, uniform: number): number {
  const goal = uniform * weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  let last = 0;
  for (let token = 0; token < weights.length; token++) {
    if (weights[token] === 0) continue;
    sum += weights[token]!;
    last = token;
    if (sum > goal) break;
  }
  return last;
}

/** ln softmax(logits)[token], in nats, at most 0. */
export function logProbabilityOf(token: number, logits: Float32Array): number {
  checkLogits('logProbabilityOf', logits);
  checkNumber('logProbabilityOf', 'token', token);
  const highest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const sum = logits.reduce((total, logit) => total + exponential(logit - highest), 0);
  return logits[token]! - highest - Math.log(sum);
}

function checkFiniteLogits(logits: Float32Array): void {
  const place = logits.findIndex((logit) => !Number.isFinite(logit));
  if (place < 0 && logits.length > 0) return;
  const found = logits.length === 0 ? 'there is no logit' : `the logit of token ${place} is ${logits[place]}`;
  throw new DalleError(
    'E_NOT_FINITE',
    `sampleToken: wanted finite logits, but ${found}. The weights may be damaged: convert the checkpoint again.`,
  );
}

function checkLogits(where: string, logits: unknown): void {
  checkView(where, 'logits', logits, [Float32Array]);
}
