/**
 * What a LayerNorm leaves behind when it goes into the product after it: three tensors, derived of weights alone.
 * w [O, K], gain γ [K], shift β [K]: the weight γw, its sums Σₖ γₖwₒₖ, and the bias b + Σₖ βₖwₒₖ.
 */
import { apply } from '../../engine/index.ts';
import type { NumericArray, Op, ShaderCall, Tensor } from '../../engine/index.ts';
import { countFragments, writePixelShader } from '../shader/fragment.ts';

/** w [O, K] · diag(γ). */
export function scaleColumns(w: Tensor, gain: Tensor): Tensor {
  return apply(scaleColumnsOp, [w, gain], undefined);
}

/** b + w · v, [O], for v [K]; without v the sum of each row, without b from 0. */
export function sumRows(w: Tensor, { v, b }: { v?: Tensor; b?: Tensor | undefined }): Tensor {
  return apply(sumRowsOp, [w, ...(v ? [v] : []), ...(b ? [b] : [])], { weighted: v !== undefined });
}

export const scaleColumnsOp: Op<undefined> = {
  name: 'scale_columns',
  derives: true,
  infer: ([w]) => w!,
  reference({ inputs: [w, gain], output }) {
    for (let at = 0; at < output.length; at++) output[at] = w![at]! * gain![at % gain!.length]!;
  },
  operands: ['weight', 'gain'],
  kernels: {
    webgl: {
      shader: (call) =>
        writePixelShader(
          call,
          'scale columns',
          [
            'vec4 value(int n, int quad, int y, int x) {',
            '  return weight_pixel(0, quad, 0, x) * gain_pixel(0, quad, 0, 0);',
            '}',
          ].join('\n'),
        ),
    },
  },
};

export const sumRowsOp: Op<{ readonly weighted: boolean }> = {
  name: 'sum_rows',
  derives: true,
  infer: ([w]) => ({ shape: [w!.shape[0]!], dtype: 'f32' }),
  reference({ inputs, inputTypes, output, attributes: { weighted } }) {
    const [w, ...rest] = inputs as [NumericArray, ...NumericArray[]];
    const v = weighted ? rest[0] : undefined;
    const b = rest[weighted ? 1 : 0];
    const inner = inputTypes[0]!.shape[1]!;
    for (let o = 0; o < output.length; o++) {
      let sum = b?.[o] ?? 0;
      for (let k = 0; k < inner; k++) sum += w[o * inner + k]! * (v?.[k] ?? 1);
      output[o] = sum;
    }
  },
  operands: ({ weighted }) => ['weight', ...(weighted ? ['vector'] : []), 'bias'],
  kernels: {
    webgl: {
      shader: writeSumShader,
      fetches({ inputs, output, attributes: { weighted } }) {
        return countFragments(output.layout) * Math.ceil(inputs[0]!.type.shape[1]! / 4) * (weighted ? 5 : 4);
      },
    },
  },
};

function writeSumShader(call: ShaderCall<{ readonly weighted: boolean }>): string {
  const { inputs } = call;
  const { weighted } = call.attributes;
  const [outputs, inner] = inputs[0]!.type.shape as [number, number];
  const lanes = [0, 1, 2, 3].map(
    (lane) => `dot(factor, weight_pixel(0, k, 0, min(quad * 4 + ${lane}, ${outputs - 1})))`,
  );
  return writePixelShader(
    call,
    'sum of rows',
    [
      'vec4 value(int n, int quad, int y, int x) {',
      `  vec4 sum = ${inputs.length > (weighted ? 2 : 1) ? 'bias_pixel(0, quad, 0, 0)' : 'vec4(0.0)'};`,
      `  for (int k = 0; k < ${Math.ceil(inner / 4)}; ++k) {`,
      `    vec4 factor = ${weighted ? 'vector_pixel(0, k, 0, 0)' : 'vec4(1.0)'};`,
      `    sum += vec4(${lanes.join(', ')});`,
      '  }',
      '  return sum;',
      '}',
    ].join('\n'),
  );
}
