/**
 * The three updates of AdamW ("Decoupled Weight Decay Regularization", algorithm 2), on any number of weights at once:
 * the first moment of a gradient, its second, and the weights. g gradient, m and v its moments, p weights, λ decay.
 *
 * `scale` [1] multiplies the gradient, which clips its norm; a scale below 0 says that the gradient is not finite: then
 * moments and weights stay as they are.
 */
import { apply } from '../../engine/index.ts';
import type { Op, Tensor } from '../../engine/index.ts';
import { floatLiteral } from '../shader/accessors.ts';
import { defineElementwise } from '../elementwise/elementwise.ts';
import type { AdamStepAttributes, ClipAttributes, MomentAttributes } from './attributes.ts';
import { adamStepCpu, firstMomentCpu, secondMomentCpu } from './cpu/adam.ts';

export const clipScaleOp: Op<ClipAttributes> = defineElementwise<ClipAttributes>({
  name: 'clip_scale',
  operands: ['squares'],
  compute: ([squares], { limit }) => {
    return Number.isFinite(squares) ? Math.min(1, limit / (Math.sqrt(squares!) + 1e-6)) : -1;
  },
  webgl: {
    declarations: [
      'float clip_scale(float squares, float limit) {',
      '  bool finite = (floatBitsToUint(squares) & 0x7f800000u) != 0x7f800000u;',
      '  return finite ? min(1.0, limit / (sqrt(squares) + 1e-6)) : -1.0;',
      '}',
    ].join('\n'),
    expression: ([squares], { limit }) => `vec4(clip_scale((${squares}).x, ${floatLiteral(limit)}))`,
  },
  cpu: { kernel: 'clip_scale', constants: ({ limit }) => [limit] },
  describe: ({ limit }) => `to ${limit}`,
});

/**
 * What a gradient is multiplied by so that its norm is at most `limit`, of the sum of its squares [1]; −1 where that is
 * not finite.
 */
export function clipScale(squares: Tensor, limit: number): Tensor {
  return apply(clipScaleOp, [squares], { limit: Math.fround(limit) });
}

const firstMoment = defineElementwise<MomentAttributes>({
  name: 'first_moment',
  operands: ['m', 'g', 'scale'],
  compute: ([m, g, scale], { beta, rest }) => (scale! < 0 ? m! : beta * m! + rest * (g! * scale!)),
  webgl: {
    declarations:
      'vec4 first_moment(vec4 m, vec4 g, float scale, float beta, float rest) {\n' +
      '  return scale < 0.0 ? m : beta * m + rest * (g * scale);\n}',
    expression: ([m, g, scale], { beta, rest }) =>
      `first_moment(${m}, ${g}, (${scale}).x, ${floatLiteral(beta)}, ${floatLiteral(rest)})`,
  },
  describe: ({ beta }) => `beta ${beta}`,
});
export const firstMomentOp: Op<MomentAttributes> = {
  ...firstMoment,
  kernels: { ...firstMoment.kernels, cpu: firstMomentCpu },
};

const secondMoment = defineElementwise<MomentAttributes>({
  name: 'second_moment',
  operands: ['v', 'g', 'scale'],
  compute: ([v, g, scale], { beta, rest }) => (scale! < 0 ? v! : beta * v! + rest * (g! * scale!) ** 2),
  webgl: {
    declarations:
      'vec4 second_moment(vec4 v, vec4 g, float scale, float beta, float rest) {\n' +
      '  vec4 scaled = g * scale;\n  return scale < 0.0 ? v : beta * v + rest * (scaled * scaled);\n}',
    expression: ([v, g, scale], { beta, rest }) =>
      `second_moment(${v}, ${g}, (${scale}).x, ${floatLiteral(beta)}, ${floatLiteral(rest)})`,
  },
  describe: ({ beta }) => `beta ${beta}`,
});
export const secondMomentOp: Op<MomentAttributes> = {
  ...secondMoment,
  kernels: { ...secondMoment.kernels, cpu: secondMomentCpu },
};

/** m [R, C], g [R, C], scale [1] → β·m + (1 − β)·g·scale. */
export function updateFirstMoment(m: Tensor, g: Tensor, scale: Tensor, beta: number): Tensor {
  return apply(firstMomentOp, [m, g, scale], momentOf(beta));
}

/** v [R, C], g [R, C], scale [1] → β·v + (1 − β)·(g·scale)². */
export function updateSecondMoment(v: Tensor, g: Tensor, scale: Tensor, beta: number): Tensor {
  return apply(secondMomentOp, [v, g, scale], momentOf(beta));
}

/** 1 − β is rounded once, of β as it was given. */
function momentOf(beta: number): MomentAttributes {
  return { beta: Math.fround(beta), rest: Math.fround(1 - beta) };
}

const adamStep = defineElementwise<AdamStepAttributes>({
  name: 'adam_step',
  operands: ['p', 'm', 'v', 'decays', 'rate', 'first', 'second', 'scale'],
  compute([p, m, v, decays, rate, first, second, scale], { epsilon, decay }) {
    if (scale! < 0) return p!;
    return p! * (1 - rate! * decay * decays!) - (rate! * first! * m!) / (Math.sqrt(v! * second!) + epsilon);
  },
  webgl: {
    declarations: [
      'vec4 adam_step(vec4 p, vec4 m, vec4 v, vec4 decays, float rate, float first, float second, float scale,',
      '    float epsilon, float decay) {',
      '  if (scale < 0.0) return p;',
      '  return p * (1.0 - rate * decay * decays) - rate * first * m / (sqrt(v * second) + epsilon);',
      '}',
    ].join('\n'),
    expression: ([p, m, v, decays, rate, first, second, scale], { epsilon, decay }) =>
      `adam_step(${p}, ${m}, ${v}, ${decays}, (${rate}).x, (${first}).x, (${second}).x, (${scale}).x, ` +
      `${floatLiteral(epsilon)}, ${floatLiteral(decay)})`,
  },
  describe: ({ epsilon, decay }) => `epsilon ${epsilon}, decay ${decay}`,
});
export const adamStepOp: Op<AdamStepAttributes> = {
  ...adamStep,
  kernels: { ...adamStep.kernels, cpu: adamStepCpu },
};

/** What a step of AdamW changes weights by. */
interface AdamStepOperands {
  /** Weights and their two moments, after this gradient [R, C]. */
  readonly p: Tensor;
  readonly m: Tensor;
  readonly v: Tensor;
  /** 1 for rows that decay, 0 for others [R, 1]. */
  readonly decays: Tensor;
  /** Learning rate, 1 / (1 − β₁ᵗ) and 1 / (1 − β₂ᵗ), each [1]. */
  readonly rate: Tensor;
  readonly first: Tensor;
  readonly second: Tensor;
  readonly scale: Tensor;
}

/** p·(1 − rate·λ·decays) − rate · first·m / (√(second·v) + ε). */
export function stepWeights(operands: AdamStepOperands, { epsilon, decay }: AdamStepAttributes): Tensor {
  const { p, m, v, decays, rate, first, second, scale } = operands;
  const attributes = { epsilon: Math.fround(epsilon), decay: Math.fround(decay) };
  return apply(adamStepOp, [p, m, v, decays, rate, first, second, scale], attributes);
}
