/** A LayerNorm on WebGL in two draws, where one draw walks each row again for every texel of the result. */
import { isOf } from '../../engine/index.ts';
import type { Rule, Tensor } from '../../engine/index.ts';
import { layerNormOp } from '../layer-norm/layer-norm.ts';
import { normalize, normStats } from '../layer-norm/norm-stats.ts';

/** Rows that are shorter cost less to walk again than a further draw does. */
const FEWEST = 32;
/** So few rows, as those of a token that is drawn, are walked again at once: a draw more costs more. */
const FEWEST_ROWS = 32;

export const splitLayerNorm: Rule = {
  name: 'split_layer_norm',
  why: 'layer_norm(x) → mean and scale of each row, and the result: a row is walked once, not for each of its texels.',
  apply(tensor) {
    if (!isOf(tensor, layerNormOp)) return undefined;
    const [x, ...affine] = tensor.inputs as [Tensor, Tensor, Tensor];
    const rows = x.shape.slice(0, -1).reduce((product, size) => product * size, 1);
    return x.shape.at(-1)! < FEWEST || rows < FEWEST_ROWS
      ? undefined
      : normalize(x, normStats(x, tensor.attributes), affine);
  },
};
