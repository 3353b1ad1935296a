/**
 * The loss that a dVAE is trained by: the evidence lower bound of the paper (appendix A.2, A.3) with gumbel-softmax for
 * the codes and the logit-Laplace distribution for pixels. What the paper does not have, and short runs need, can be
 * added: a term that keeps codes in use, a floor under ln b, and a squared error in the likelihood's place.
 *
 * B batch, V vocabulary, S side of a picture, h w grid of codes. Sums of logarithms are in nats.
 */
import {
  add,
  argmax,
  clamp,
  div,
  exp,
  log,
  logSoftmax,
  mean,
  mul,
  oneHot,
  relu,
  reshape,
  sigmoid,
  slice,
  softmax,
  stopGradient,
  sub,
  sum,
  tensor,
} from '../../ops/index.ts';
import type { Tensor } from '../../ops/index.ts';
import { logit_laplace_eps, mapPixels } from './pixels.ts';

/** Numbers that change from step to step: a step is given them in this order, as one tensor. */
export const SCHEDULE = ['temperature', 'divergence', 'usage', 'likelihood'] as const;

/** The schedule's numbers at a step. */
export interface LossWeights {
  /** τ of gumbel-softmax. */
  readonly temperature: number;
  /** What KL(q ‖ uniform), a mean over positions, is multiplied by: β · h·w / (3·S·S) in the paper. */
  readonly divergence: number;
  /** What ln V − H(mean q) is multiplied by; the paper has none. */
  readonly usage: number;
  /** The part of the picture's loss that is the likelihood, 0 to 1; the rest is the squared error. 1 in the paper. */
  readonly likelihood: number;
}

/** What is fixed for a run. The paper's: nothing. */
export interface DvaeObjective {
  /** The decoder sees the code that is largest, as it will when it is used; gradients go as without [false]. */
  readonly straightThrough?: boolean;
  /** Weight of the mean squared error of pixels in 0…1, while it stands in the likelihood's place [none]. */
  readonly squaredWeight?: number;
  /** Least ln b: flat areas would drive b to 0, and the loss to −∞ [none]. */
  readonly floor?: number;
}

/** What a loss is made of. */
export interface LossGiven {
  /** [B, 3, S, S], each in 0…1. */
  readonly pixels: Tensor;
  /** Of (0, 1) [B, V, h, w]. */
  readonly uniforms: Tensor;
  /** [SCHEDULE.length] */
  readonly schedule: Tensor;
}

/** Both nets as functions: pictures after `mapPixels` to logits, distributions over codes to statistics. */
export interface DvaeNets {
  encode(pixels: Tensor): Tensor;
  decode(codes: Tensor): Tensor;
}

/** A mean over pixels or positions each, of one element. */
export interface DvaeLoss {
  readonly loss: Tensor;
  readonly reports: {
    /** −ln f of a number of a pixel, with the floor. */
    readonly likelihood: Tensor;
    /** Of soft codes; that of hard ones needs a pass of its own. */
    readonly squared: Tensor;
    /** KL(q ‖ uniform) of a position. */
    readonly divergence: Tensor;
    /** e^H(mean q): how many codes the batch uses, were it all alike. */
    readonly perplexity: Tensor;
  };
}

/** −ln f and squared error, or one of them, weighted by the schedule; and the terms of codes. */
export function computeDvaeLoss(nets: DvaeNets, given: LossGiven, objective: DvaeObjective = {}): DvaeLoss {
  const { pixels, uniforms, schedule } = given;
  const [temperature, divergence, usage, likelihood] = SCHEDULE.map((_, at) =>
    reshape(slice(schedule, [at], [1]), []),
  ) as [Tensor, Tensor, Tensor, Tensor];
  const mapped = mapPixels(pixels);
  const logits = nets.encode(mapped); // [B, V, h, w]
  const codes = relaxCodes(logits, uniforms, temperature, objective.straightThrough === true);
  const picture = judgePicture(nets.decode(codes), mapped, objective.floor);
  const code = judgeCodes(logits);
  const { squaredWeight } = objective;
  const ofPicture =
    squaredWeight === undefined
      ? picture.likelihood
      : mix(likelihood, picture.likelihood, mul(picture.squared, scalar(squaredWeight)));
  const loss = add(ofPicture, add(mul(divergence, code.divergence), mul(usage, code.disuse)));
  return {
    loss,
    reports: { ...picture, divergence: code.divergence, perplexity: code.perplexity },
  };
}

/**
 * Gumbel-softmax: a draw of codes that gradients go through. It is what each position draws by its logits as τ → 0.
 * logits, uniforms [B, V, h, w] → the same shape, positive, with sum 1 over V.
 */
function relaxCodes(logits: Tensor, uniforms: Tensor, temperature: Tensor, straightThrough: boolean): Tensor {
  const gumbel = log(negate(log(uniforms))); // its negative
  const soft = softmax(div(sub(logits, gumbel), temperature), 1);
  if (!straightThrough) return soft;
  const hard = oneHot(argmax(soft, 1), logits.shape[1]!, 1);
  return add(soft, stopGradient(sub(hard, soft)));
}

/** What q = softmax(logits), without noise and temperature, says of the codes. */
function judgeCodes(logits: Tensor): { divergence: Tensor; disuse: Tensor; perplexity: Tensor } {
  const uniform = scalar(Math.log(logits.shape[1]!));
  const logQ = logSoftmax(logits, 1); // [B, V, h, w]
  const q = exp(logQ);
  const divergence = add(mean(sum(mul(q, logQ), [1])), uniform);
  const shares = mean(q, [0, 2, 3]); // [V]
  const information = sum(mul(shares, log(add(shares, scalar(LEAST_SHARE))))); // −H(mean q)
  return { divergence, disuse: add(information, uniform), perplexity: exp(negate(information)) };
}

/** A code that no position has anything of would else have 0 · ln 0. */
const LEAST_SHARE = 1e-9;

/** statistics [B, 6, S, S], mapped [B, 3, S, S] in [0.1, 0.9]. */
function judgePicture(
  statistics: Tensor,
  mapped: Tensor,
  floor: number | undefined,
): { likelihood: Tensor; squared: Tensor } {
  const [batch, maps, height, width] = statistics.shape as [number, number, number, number];
  const size = [batch, maps / 2, height, width];
  const location = slice(statistics, [0, 0, 0, 0], size);
  const raw = slice(statistics, [0, maps / 2, 0, 0], size);
  const logScale = floor === undefined ? raw : add(softplus(sub(raw, scalar(floor))), scalar(floor));
  const rest = sub(scalar(1), mapped);
  const distance = absolute(sub(log(div(mapped, rest)), location));
  const density = log(mul(mul(mapped, rest), scalar(2)));
  const likelihood = mean(add(add(logScale, mul(distance, exp(negate(logScale)))), density));
  const error = sub(sigmoid(location), mapped);
  const range = 1 - 2 * logit_laplace_eps; // of mapped pixels, where others have 1
  return { likelihood, squared: mul(mean(mul(error, error)), scalar(1 / range ** 2)) };
}

/** share · a + (1 − share) · b. */
function mix(share: Tensor, a: Tensor, b: Tensor): Tensor {
  return add(mul(share, a), mul(sub(scalar(1), share), b));
}

/** ln(1 + e^x), by the sigmoid of −x, which is positive: beyond 80 it would underflow. */
function softplus(x: Tensor): Tensor {
  return negate(log(sigmoid(negate(clamp(x, -80, 80)))));
}

function absolute(x: Tensor): Tensor {
  return add(relu(x), relu(negate(x)));
}

function negate(x: Tensor): Tensor {
  return mul(x, scalar(-1));
}

function scalar(value: number): Tensor {
  return tensor([value], []);
}
