/** The LayerNorm before a product is folded into it (ops/linear/packed-linear.ts says how): its pass and texture go. */
import { isDerived } from '../../engine/index.ts';
import type { Rule, Tensor } from '../../engine/index.ts';
import { layerNormOp } from '../layer-norm/layer-norm.ts';
import type { LayerNormAttributes } from '../layer-norm/attributes.ts';
import { scaleColumns, sumRows } from '../linear/fold-norm.ts';
import { packLinear, withLinearInputs } from '../linear/packed-linear.ts';
import { readLinear } from './linear-pattern.ts';

export const normOnRead: Rule = {
  name: 'norm_on_read',
  why: 'packed_linear(layer_norm(x)) → one packed_linear that takes the moments of the rows it reads anyway.',
  apply(tensor) {
    const linear = readLinear(tensor);
    if (!linear || linear.attributes.epsilon !== undefined || linear.inputs.x.op !== layerNormOp) return undefined;
    const [x, gain, shift] = linear.inputs.x.inputs as [Tensor, Tensor, Tensor];
    const [w] = linear.inputs.packed.inputs as [Tensor];
    const { bias } = linear.inputs;
    // What a run would have to derive again takes more passes than it saves.
    const weights = [w, gain, shift, ...(bias ? [bias] : [])];
    if (linear.attributes.weight[1] % 4 !== 0 || !weights.every(isDerived)) return undefined;
    const scaled = scaleColumns(w, gain);
    const { eps } = linear.inputs.x.attributes as LayerNormAttributes;
    return withLinearInputs(
      tensor,
      { x, packed: packLinear(scaled), sums: sumRows(scaled, {}), bias: sumRows(w, { v: shift, b: bias }) },
      { epsilon: eps },
    );
  },
};
