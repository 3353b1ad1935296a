/**
 * AdamW as a graph: from the gradients of a step to what weights, moments and average become when it ends. Follows
 * "Decoupled Weight Decay Regularization" (Loshchilov and Hutter), in PyTorch's order, with the gradient clipped to a
 * norm and an exponential average of the weights, as the paper of DALL·E has them (appendices A.2 and B.2).
 *
 * A gradient that is not finite changes nothing: `scale` says so.
 */
import { add, assign, mul, slice, sub, sum } from '../ops/index.ts';
import { clipScale, stepWeights, updateFirstMoment, updateSecondMoment } from '../ops/adam/adam.ts';
import type { Tensor } from '../engine/index.ts';
import type { Parameters } from './parameters.ts';

/** What is fixed for a whole run. */
export interface OptimizerSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Weight decay, of rows that decay. */
  readonly decay: number;
  /** The largest norm of a gradient; a larger one is scaled down to it. */
  readonly clip: number;
  /** What the average keeps of itself at each step; less in the first ones, so that it forgets what it began with. */
  readonly averaging: number;
}

/** Numbers of `rates` for a step. */
export const RATES = 4;

/**
 * What a run gives to step `step`, counted from 1: the learning rate, the corrections of both moments, and what the
 * average takes of the weights.
 */
export function ratesAt(step: number, learningRate: number, settings: OptimizerSettings): number[] {
  const { beta1, beta2, averaging } = settings;
  const kept = Math.min(averaging, step / (step + 9));
  return [learningRate, 1 / (1 - beta1 ** step), 1 / (1 - beta2 ** step), 1 - kept];
}

/** What a step makes of its gradients. */
interface OptimizedStep {
  readonly effects: readonly Tensor[];
  /** The sum of squares of the gradient before it is clipped [1]. */
  readonly squares: Tensor;
  /** What the gradient was multiplied by; −1 where it is not finite and nothing changes [1]. */
  readonly scale: Tensor;
}

/**
 * @param gradient all gradients, as the weights lie [R, C]
 * @param rates [RATES], as `ratesAt` gives them
 */
export function optimize(
  { states, decays }: Parameters,
  gradient: Tensor,
  rates: Tensor,
  settings: OptimizerSettings,
): OptimizedStep {
  const { beta1, beta2, clip } = settings;
  const squares = sum(sum(mul(gradient, gradient), [1], true), [0]); // [R, 1] → [1]
  const scale = clipScale(squares, clip);
  const numbers = Array.from({ length: RATES }, (_, at) => slice(rates, [at], [1]));
  const [rate, first, second, taken] = numbers as [Tensor, Tensor, Tensor, Tensor];
  const m = updateFirstMoment(states.first.tensor, gradient, scale, beta1);
  const v = updateSecondMoment(states.second.tensor, gradient, scale, beta2);
  const p = stepWeights({ p: states.weights.tensor, m, v, decays, rate, first, second, scale }, settings);
  const average = states.average.tensor;
  const effects = [
    assign(states.first, m),
    assign(states.second, v),
    assign(states.weights, p),
    assign(states.average, add(average, mul(sub(p, average), taken))),
  ];
  return { effects, squares, scale };
}
