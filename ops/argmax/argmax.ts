/**
 * argmax: where along an axis the largest value is, the first of equals, as `torch.argmax(x, dim)`.
 * x [...] → i32 [...] without that axis. Where a NaN is among the values the result is -1, on every device and in the
 * reference: PyTorch returns the NaN's place, which a caller would take for a token.
 */
import { ShapeError } from '../../base/errors.ts';
import { apply, formatShape, resolveAxis, stridesOf, checkTensor } from '../../engine/index.ts';
import type { Op, ReferenceCall, ShaderCall, Tensor, TensorType } from '../../engine/index.ts';
import { reduceShape, viewResult } from '../reduce/axes.ts';
import { writeReducingShader } from '../reduce/reducing-shader.ts';
import { floatLiteral } from '../shader/accessors.ts';
import { isNanFunction } from '../shader/comparison.ts';
import { singlePixelBlock } from '../shader/fragment.ts';
import { visitTogether } from '../strided.ts';

export interface ArgmaxAttributes {
  readonly axis: number;
}

export const argmaxOp: Op<ArgmaxAttributes> = {
  name: 'argmax',
  operands: ['x'],
  infer: inferArgmax,
  reference: computeArgmax,
  describe: ({ axis }) => `axis ${axis}`,
  kernels: {
    webgl: {
      shader: writeArgmaxShader,
      block: () => singlePixelBlock,
    },
  },
};

/**
 * Index of the largest value along `axis` (negative: from the last), the first of equals, or -1 where any value is NaN.
 * @throws ShapeError `E_ATTRIBUTE` for an axis that x does not have, `E_SHAPE` for one longer than 2²⁴.
 */
export function argmax(x: Tensor, axis: number): Tensor {
  checkTensor('argmax', x);
  return apply(argmaxOp, [x], { axis: resolveAxis('argmax', axis, x.shape.length) });
}

function inferArgmax(inputs: readonly TensorType[], { axis }: ArgmaxAttributes): TensorType {
  const { shape } = inputs[0]!;
  if (shape[axis]! > 2 ** 24) {
    throw new ShapeError(
      'E_SHAPE',
      `argmax: axis ${axis} of ${formatShape(shape)} is longer than 2^24, so fp32 cannot hold its last indices.`,
    );
  }
  return { shape: reduceShape(shape, { axes: [axis], keepDims: false }), dtype: 'i32' };
}

/** A NaN leaves index -1 behind, and Infinity as the best value, which nothing exceeds. */
function computeArgmax({ inputs, inputTypes, output, attributes: { axis } }: ReferenceCall<ArgmaxAttributes>): void {
  const [x] = inputs;
  const { shape } = inputTypes[0]!;
  const strides = stridesOf(shape);
  const best = new Float64Array(output.length).fill(-Infinity);
  output.fill(0);
  visitTogether(shape, { start: 0, strides }, viewResult(shape, [axis]), (from, to) => {
    const value = x![from]!;
    if (Number.isNaN(value)) {
      best[to] = Infinity;
      output[to] = -1;
    } else if (value > best[to]!) {
      best[to] = value;
      output[to] = Math.floor(from / strides[axis]!) % shape[axis]!;
    }
  });
}

/** The same, four at once: among them the lower index wins a tie, so the -1 of a NaN wins over a real Infinity. */
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
