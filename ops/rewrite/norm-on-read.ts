/** The LayerNorm before a product is folded into it (ops/linear/packed-linear.ts says how): its pass and texture go. */
import { isDerived, isOf } from '../../engine/index.ts';
import type { Rule, Tensor } from '../../engine/index.ts';
import { layerNormOp } from '../layer-norm/layer-norm.ts';
import { scaleColumns, sumRows } from '../linear/fold-norm.ts';
import { packedLinearOp, packLinear, readPackedLinear, withLinearInputs } from '../linear/packed-linear.ts';

export const normOnRead: Rule = {
  name: 'norm_on_read',
  why: 'packed_linear(layer_norm(x)) → one packed_linear that takes the moments of the rows it reads anyway.',
  apply(tensor) {
    if (!isOf(tensor, packedLinearOp) || tensor.attributes.epsilon !== undefined) return undefined;
    const { x: normed, packed, bias } = readPackedLinear(tensor);
    if (!isOf(normed, layerNormOp)) return undefined;
    const [x, gain, shift] = normed.inputs as [Tensor, Tensor, Tensor];
    // Halves times a gain are no halves.
    if (packed.dtype === 'f16') return undefined;
    const [w] = packed.inputs as [Tensor];
    // What a run would have to derive again takes more passes than it saves.
    const weights = [w, gain, shift, ...(bias ? [bias] : [])];
    if (tensor.attributes.weight[1] % 4 !== 0 || !weights.every(isDerived)) return undefined;
    const scaled = scaleColumns(w, gain);
    return withLinearInputs(
      tensor,
      {
        x,
        packed: packLinear(scaled, { lanes: 4, dtype: 'f32' }),
        sums: sumRows(scaled, {}),
        bias: sumRows(w, { v: shift, b: bias }),
      },
      { epsilon: normed.attributes.eps },
    );
  },
};
