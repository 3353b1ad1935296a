/** The LayerNorm before a token shift writes its rows into the cache itself. */
import { sameShape } from '../../engine/index.ts';
import type { Op, Rule, Tensor } from '../../engine/index.ts';
import { appendNormed } from '../cache/append-normed.ts';
import { appendRowsOp } from '../cache/cache.ts';
import type { CacheAttributes } from '../cache/attributes.ts';
import { layerNormOp } from '../layer-norm/layer-norm.ts';
import type { LayerNormAttributes } from '../layer-norm/attributes.ts';

export const normOnAppend: Rule = {
  name: 'norm_on_append',
  why: 'append_rows(layer_norm(x)) → one append_normed: one pass and one texture less.',
  apply(tensor, { uses }) {
    if (tensor.op !== (appendRowsOp as Op)) return undefined;
    const [cache, normed, position] = tensor.inputs as [Tensor, Tensor, Tensor];
    if (normed.op !== (layerNormOp as Op) || uses(normed) !== 1) return undefined;
    const [x, gain, shift] = normed.inputs as [Tensor, Tensor, Tensor];
    const form = tensor.attributes as CacheAttributes;
    if (form.first !== 0 || form.groups !== 1 || !sameShape(gain.shape, [form.size])) return undefined;
    const { eps } = normed.attributes as LayerNormAttributes;
    return appendNormed({ cache, x, position, gain, shift }, { ...form, eps });
  },
};
