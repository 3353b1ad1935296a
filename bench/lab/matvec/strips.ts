/**
 * x [1, K] · w [K, N] whose N/4 texels lie in `height` rows of a texture that is N / 4 / height wide: [height, …, 4].
 * llvmpipe hands out 64×64 squares of the screen, so what is wide is shared among cores where a square is not; and it
 * computes 4×4 texels at a time, so a strip of one row wastes three quarters of its work.
 */
import { apply } from '../../../engine/index.ts';
import type { Op, ReferenceCall, ShaderCall, Tensor } from '../../../engine/index.ts';
import { countFragments, writeFragmentShader } from '../../../ops/shader/fragment.ts';
import { inBlocks, strip } from '../blocks.ts';

interface Strip {
  /** N/4 must be a multiple of it. */
  readonly height: number;
  /** Where the next four k of a column lie: further along the row of texels, or in the row below. */
  readonly nextK: 'along' | 'below';
}

type StripAttributes = Strip & { readonly inner: number; readonly columns: number };

/** w [K, N] → [1, N, K/4, 4]: a tile of 4 × K/4 texels for four columns. */
const tileOp: Op<undefined> = {
  name: 'tile_weights',
  derives: true,
  infer: ([w]) => ({ shape: [1, w!.shape[1]!, w!.shape[0]! / 4, 4], dtype: 'f32' }),
  reference({ inputs, inputTypes, output }) {
    const [inner, columns] = inputTypes[0]!.shape as [number, number];
    for (let at = 0; at < output.length; at++) {
      output[at] = inputs[0]![(at % inner) * columns + Math.floor(at / inner)]!;
    }
  },
  kernels: {
    webgl: {
      block: () => strip(1),
    },
  },
};

const stripOp: Op<StripAttributes> = {
  name: 'strip_matvec',
  infer: (_inputs, { height, columns }) => ({ shape: [height, columns / 4 / height, 4], dtype: 'f32' }),
  reference: computeProduct,
  macs: ({ attributes: { inner, columns } }) => inner * columns,
  kernels: {
    webgl: {
      shader: writeStrip,
      block: () => strip(1),
      fetches: ({ output, attributes: { inner } }) => countFragments(output.layout) * (inner / 4) * 5,
    },
  },
};

/** w in a single layer. */
export function multiplyToStrip(plain: Tensor, shape: Strip): Tensor {
  const [x, w] = plain.inputs as [Tensor, Tensor];
  const [inner, columns] = w.shape as [number, number];
  const weights = shape.nextK === 'along' ? inBlocks(w, strip(1)) : apply(tileOp, [w], undefined);
  return apply(stripOp, [x, weights], { ...shape, inner, columns });
}

function computeProduct({ inputs, output, attributes }: ReferenceCall<StripAttributes>): void {
  const { inner, columns, nextK } = attributes;
  const [x, w] = inputs;
  for (let k = 0; k < inner; k++) {
    for (let j = 0; j < columns; j++) output[j]! += x![k]! * w![nextK === 'along' ? k * columns + j : j * inner + k]!;
  }
}

function writeStrip(call: ShaderCall<StripAttributes>): string {
  const { height, nextK, inner, columns } = call.attributes;
  const place = (lane: number): string =>
    nextK === 'along' ? `place.x + k * 4 + ${lane}, place.y` : `place.x + ${lane}, place.y + k`;
  const terms = ['x', 'y', 'z', 'w'].map((lane, index) => `value.${lane} * b_fetch(${place(index)}, place.z)`);
  return writeFragmentShader(call, 'matvec to a strip', {
    prepare: [
      'vec4 sum = vec4(0.0);',
      `ivec3 place = b_place(n * ${columns / 4 / height} + x0, 0, 0);`,
      `for (int k = 0; k < ${inner / 4}; ++k) {`,
      '  vec4 value = a_pixel(0, k, 0, 0);',
      `  sum += ${terms.join(' + ')};`,
      '}',
    ].join('\n'),
    pixel: () => 'sum',
  });
}
