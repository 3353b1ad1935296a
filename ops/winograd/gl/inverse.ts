/**
 * winograd_inverse in GLSL: a block that covers whole tiles along W reads each of their texels once; else every pixel
 * reads its tile by itself.
 */
import type { GlKernel, Layout, ShaderCall } from '../../../engine/index.ts';
import { divide, modulo, readResultChannels, texelType } from '../../shader/accessors.ts';
import { countFragments, existingPixel, offset, writeFragmentShader } from '../../shader/fragment.ts';
import { addResidual } from '../../shader/product.ts';
import type { InverseAttributes } from '../attributes.ts';
import { selectCoefficient } from './coefficients.ts';

export const winogradInverseGl: GlKernel<InverseAttributes> = {
  shader: writeInverseShader,
  fetches: countInverseFetches,
};

/** Along W a block that covers whole tiles reads each once; else every pixel reads its tile. */
function countInverseFetches({ output, attributes }: ShaderCall<InverseAttributes>): number {
  const { axis, matrices, phases, gain, bias } = attributes;
  const { block, targets } = output.layout;
  const covered = axis === 'w' && block.width % (phases * matrices.outputs) === 0;
  const tiles = covered ? targets / matrices.outputs : targets;
  const reads = tiles * matrices.tile + (bias ? 1 : 0) + (gain === undefined ? 0 : targets);
  return countFragments(output.layout) * reads;
}

function writeInverseShader(call: ShaderCall<InverseAttributes>): string {
  const { axis, matrices, phases, bias, gain, residualScale } = call.attributes;
  const { layout } = call.output;
  const finish = (sum: string, y: string, x: string): string => {
    const total = bias ? `(${sum} + bias)` : `(${sum})`;
    if (gain === undefined) return total;
    const [fromY, fromX] = [y, x].map((position) => divide(`(${position})`, residualScale)) as [string, string];
    return addResidual(total, readResultChannels(call.inputs.at(-1)!, layout, 'n', fromY, fromX), gain);
  };
  const prepare = bias
    ? [`${texelType(layout)} bias = ${readResultChannels(call.inputs[1]!, layout, '0', '0', '0')};`]
    : [];
  if (axis === 'w' && layout.block.width % (phases * matrices.outputs) === 0) {
    return writeFragmentShader(call, 'Winograd, inverse along W', {
      prepare: [...prepare, ...readTiles(call)].join('\n'),
      pixel: ({ pixel, y, x }) => finish(sumTile(pixel, call.attributes), y, x),
    });
  }
  const part = partName(layout);
  const partOf = (along: string): string =>
    phases === 1 ? part : `${modulo(`(${along})`, phases)} * ${layout.depth} + ${part}`;
  return writeFragmentShader(call, `Winograd, inverse along ${axis.toUpperCase()}`, {
    prepare: prepare.join('\n'),
    declarations: writeGatherRows(call),
    pixel(position) {
      const { y, x } = existingPixel(layout, position);
      const along = axis === 'h' ? y : x;
      const place = divide(`(${along})`, phases);
      const tile = divide(place, matrices.outputs);
      const [tileY, tileX] = axis === 'h' ? [tile, x] : [y, tile];
      return finish(`gather_rows(n, ${partOf(along)}, ${tileY}, ${tileX}, ${modulo(place, matrices.outputs)})`, y, x);
    },
  });
}

/** What a shader calls the channels of a texel. */
function partName({ lanes }: Layout): 'octet' | 'quad' {
  return lanes === 8 ? 'octet' : 'quad';
}

/** The texel of row u of a tile, for the image `n` of the result. */
function readRow(
  { output: { layout } }: ShaderCall<InverseAttributes>,
  u: number,
  part: string,
  y: string,
  x: string,
): string {
  const image = u === 0 ? 'n' : `n + ${u * layout.grid.n}`;
  return layout.lanes === 8
    ? `unpack_operand(products_texel(${image}, ${part}, ${y}, ${x}))`
    : `products_pixel(${image}, ${part}, ${y}, ${x})`;
}

/** A block that covers whole tiles reads each of their texels once; every pixel then knows its row of Aᵀ. */
function readTiles(call: ShaderCall<InverseAttributes>): string[] {
  const { matrices, phases } = call.attributes;
  const { layout } = call.output;
  const lastTile = call.inputs[0]!.layout.grid.w - 1;
  const lines: string[] = [];
  const across = layout.block.width / phases / matrices.outputs;
  for (let tile = 0; tile < layout.block.height * across; tile++) {
    const { y } = existingPixel(layout, { y: offset('y0', Math.floor(tile / across)), x: 'x0' });
    const column = `min(${divide('x0', phases * matrices.outputs)} + ${tile % across}, ${lastTile})`;
    for (let phase = 0; phase < phases; phase++) {
      const part = offset(partName(layout), phase * layout.depth);
      for (let u = 0; u < matrices.tile; u++) {
        lines.push(`${texelType(layout)} tile_${tile}_${phase}_${u} = ${readRow(call, u, part, y, column)};`);
      }
    }
  }
  return lines;
}

/** A block is whole tiles wide, so its pixels, row by row, are those of its tiles in order. */
function sumTile(pixel: number, { matrices, phases }: InverseAttributes): string {
  const place = Math.floor(pixel / phases);
  const name = `tile_${Math.floor(place / matrices.outputs)}_${pixel % phases}`;
  return matrices.output[place % matrices.outputs]!.flatMap((coefficient, u) =>
    coefficient === 0 ? [] : [`${coefficient.toFixed(1)} * ${name}_${u}`],
  ).join(' + ');
}

/** `gather_rows(…)`: a pixel that reads its tile by itself, with a row of Aᵀ known only in the shader. */
function writeGatherRows(call: ShaderCall<InverseAttributes>): string {
  const { matrices } = call.attributes;
  const { layout } = call.output;
  const part = partName(layout);
  const terms = matrices.input.map((_, u) => {
    const column = matrices.output.map((row) => row[u]!);
    return `${selectCoefficient('row', column)} * ${readRow(call, u, part, 'y', 'x')}`;
  });
  return [
    `${texelType(layout)} gather_rows(int n, int ${part}, int y, int x, int row) {`,
    `  return ${terms.join('\n    + ')};`,
    '}',
  ].join('\n');
}
