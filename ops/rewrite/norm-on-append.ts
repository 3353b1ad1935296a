/** The LayerNorm before a token shift writes its rows into the cache itself. */
import { isOf, sameShape } from '../../engine/index.ts';
import type { Rule, Tensor } from '../../engine/index.ts';
import { appendNormed } from '../cache/append-normed.ts';
import { appendRowsOp } from '../cache/cache.ts';
import { layerNormOp } from '../layer-norm/layer-norm.ts';

export const normOnAppend: Rule = {
  name: 'norm_on_append',
  why: 'append_rows(layer_norm(x)) → one append_normed: one pass and one texture less.',
  apply(tensor, { uses }) {
    if (!isOf(tensor, appendRowsOp)) return undefined;
    const [cache, normed, position] = tensor.inputs as [Tensor, Tensor, Tensor];
    if (!isOf(normed, layerNormOp) || uses(normed) !== 1) return undefined;
    const [x, gain, shift] = normed.inputs as [Tensor, Tensor, Tensor];
    const form = tensor.attributes;
    if (form.first !== 0 || form.groups !== 1 || !sameShape(gain.shape, [form.size])) return undefined;
    const { eps } = normed.attributes;
    return appendNormed({ cache, x, position, gain, shift }, { ...form, eps });
  },
};
