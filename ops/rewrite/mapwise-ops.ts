/** The ops that compute each pixel and channel from the same ones of their inputs: rules may cut around them. */
import type { Op } from '../../engine/index.ts';
import { castToHalfOp } from '../cast/cast.ts';
import { addOp, divOp, mulOp, scaleAddOp, subOp } from '../elementwise/binary.ts';
import { clampOp, reluOp, sigmoidOp } from '../elementwise/unary.ts';

export const mapwiseOps: readonly unknown[] = [
  addOp,
  subOp,
  mulOp,
  divOp,
  scaleAddOp,
  reluOp,
  clampOp,
  sigmoidOp,
  castToHalfOp,
] satisfies readonly Op<never>[];
