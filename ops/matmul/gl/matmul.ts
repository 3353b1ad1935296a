/**
 * matmul in GLSL: in grid terms a is a picture one pixel high with K channels, so this is conv2d's kernel with one
 * tap. b needs no packing: a texel of [K, N] holds four outputs at one k, one of [N, K] four k of one output, and
 * either way a turn of the loop reads four.
 */
import type { GlKernel, Operand, ShaderCall } from '../../../engine/index.ts';
import { divide, modulo } from '../../shader/accessors.ts';
import { countProductFetches, writeProductShader } from '../../shader/product.ts';
import type { ProductShader } from '../../shader/product.ts';
import type { MatmulAttributes } from '../attributes.ts';

export const matmulGl: GlKernel<MatmulAttributes> = {
  shader: writeMatmulShader,
  fetches: (call) => countProductFetches(call, { kernel: { height: 1, width: 1 } }),
};

function writeMatmulShader(call: ShaderCall<MatmulAttributes>): string {
  const b = call.inputs[1]!;
  const matrix = b.type.shape.length === 3 ? 'n' : '0'; // one for each of a's, or one for all
  return writeProductShader(call, {
    title: 'matmul',
    kernel: { height: 1, width: 1 },
    reluInput: false,
    start: () => (call.inputs.length > 2 ? 'bias_pixel(0, quad, 0, 0)' : 'vec4(0.0)'),
    ...(call.attributes.transposeB ? readColumns(b, matrix) : readRows(b, matrix)),
    finish: ([sum]) => sum!,
  });
}

type WeightReading = Pick<ProductShader, 'prepareRow' | 'weight'>;

/** b [K, N]: four texels at four k, each with the four outputs. Of blocks of four and more they are in one block. */
function readRows({ layout }: Operand, matrix: 'n' | '0'): WeightReading {
  const { block, grid, quads, lanes } = layout;
  const inner = grid.w; // k runs along W of [K, N]
  const inBlocks = block.width >= 4 && lanes === 4;
  const steps = block.width / 4;
  const read = (lane: number, k: string): string =>
    inBlocks ? `b_fetch(rows.x, rows.y, rows.z + ${lane})` : `b_pixel(${matrix}, quad, 0, ${k})`;
  return {
    ...(inBlocks && {
      prepareRow: [
        `ivec3 rows = b_place(${matrix === 'n' ? `n * ${quads} + ` : ''}quad, 0, ${divide('in_quad', steps)});`,
        ...(steps > 1 ? [`rows.z += ${modulo('in_quad', steps)} * 4;`] : []),
      ].join('\n'),
    }),
    weight({ lane }) {
      const k = `(in_quad * 4 + ${lane})`;
      // Lanes of a beyond K are zero, but what lies there in b may be another plane's Infinity: select, not multiply.
      return inner % 4 === 0 || lane === 0
        ? read(lane, k)
        : `(${k} < ${inner} ? ${read(lane, `min(${k}, ${inner - 1})`)} : vec4(0.0))`;
    },
  };
}

/** b [N, K]: four texels of four outputs, each with four k, turned into the texels of [K, N]. */
function readColumns({ layout }: Operand, matrix: 'n' | '0'): WeightReading {
  const columns = layout.grid.w;
  // Outputs beyond N read the last one again; the frame zeroes them.
  const column = (lane: number): string =>
    columns % 4 === 0 || lane === 0 ? `quad * 4 + ${lane}` : `min(quad * 4 + ${lane}, ${columns - 1})`;
  const lanes = [0, 1, 2, 3];
  return {
    prepareRow: lanes
      .map((lane) => `vec4 column_${lane} = b_pixel(${matrix}, in_quad, 0, ${column(lane)});`)
      .join('\n'),
    weight: ({ lane: k }) => `vec4(${lanes.map((lane) => `column_${lane}[${k}]`).join(', ')})`,
  };
}
