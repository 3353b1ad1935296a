/** argmax in GLSL: a reduction whose running state is the best value so far and its index. */
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import { writeReducingShader } from '../../reduce/gl/reducing-shader.ts';
import { floatLiteral } from '../../shader/accessors.ts';
import { isNanFunction } from '../../shader/comparison.ts';
import { singlePixelBlock } from '../../shader/fragment.ts';
import type { ArgmaxAttributes } from '../attributes.ts';

export const argmaxGl: GlKernel<ArgmaxAttributes> = {
  shader: writeArgmaxShader,
  block: () => singlePixelBlock,
};

/**
 * The loop of argmax.ts, four at once: among them the lower index wins a tie, so the -1 of a NaN wins over a real
 * Infinity.
 */
const argmaxFunctions = `${isNanFunction}

struct Best {
  vec4 value;
  vec4 index;
};

void take_texel(inout Best best, vec4 texel, vec4 index) {
  bvec4 better = greaterThan(texel, best.value), nan = is_nan(texel);
  best.value = mix(mix(best.value, texel, better), vec4(${floatLiteral(Infinity)}), nan);
  best.index = mix(mix(best.index, index, better), vec4(-1.0), nan);
}

void fold_lanes(inout Best best) {
  for (int lane = 1; lane < 4; ++lane) {
    float value = best.value[lane], index = best.index[lane];
    if (value > best.value.x || (value == best.value.x && index < best.index.x)) {
      best.value.x = value;
      best.index.x = index;
    }
  }
}
`;

function writeArgmaxShader(call: ShaderCall<ArgmaxAttributes>): string {
  const { axis } = call.attributes;
  return writeReducingShader(
    call,
    { axes: [axis], keepDims: false },
    {
      title: `argmax over axis ${axis}`,
      declarations: argmaxFunctions,
      stateType: 'Best',
      start: `Best(vec4(${floatLiteral(-Infinity)}), vec4(0.0))`,
      take: (best, texel, index) => `take_texel(${best}, ${texel}, ${index});`,
      fold: (best) => `fold_lanes(${best});`,
      result: (best) => `${best}.index`,
      existingLanesOnly: true,
    },
  );
}
