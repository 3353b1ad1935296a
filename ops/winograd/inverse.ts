/**
 * Aᵀ M A, one axis at a time: t numbers that lie t images apart become m pixels along an axis. First along W, then
 * along H, where bias and residual join, as a convolution ends.
 *
 * x [t·N, P·C, H, W] → along W [N, C, H, size]; along H [N, C, size, W]. With P phases (upsampled.ts) the P results of
 * a place lie C channels apart and become neighbours: the picture grows P times along the axis.
 */
import { apply } from '../../engine/index.ts';
import type { Layout, Op, ReferenceCall, ShaderCall, Tensor } from '../../engine/index.ts';
import { roundResult } from '../cast/half.ts';
import { divide, modulo, readResultChannels, texelType } from '../shader/accessors.ts';
import { countFragments, existingPixel, offset, writeFragmentShader } from '../shader/fragment.ts';
import { addResidual } from '../shader/product.ts';
import { selectCoefficient } from './coefficients.ts';
import type { WinogradMatrices, WinogradType } from './matrices.ts';

export interface InverseAttributes {
  readonly axis: 'h' | 'w';
  readonly matrices: WinogradMatrices;
  /** Pixels along the axis: at most P·m times as many as tiles. */
  readonly size: number;
  /** P: 1, or 2 where C is a multiple of 4. */
  readonly phases: number;
  /** Of the result. */
  readonly dtype: WinogradType;
  /** Input b is a bias [C]. */
  readonly bias: boolean;
  /** The last input is a residual to which gain × the result is added. */
  readonly gain: number | undefined;
  /** The residual is this many times smaller across and down. */
  readonly residualScale: number;
}

type Sizes = [images: number, channels: number, height: number, width: number];

export const winogradInverseOp: Op<InverseAttributes> = {
  name: 'winograd_inverse',
  operands: ({ bias, gain }) => ['products', ...(bias ? ['bias'] : []), ...(gain === undefined ? [] : ['residual'])],
  infer([x], { axis, matrices, size, phases, dtype }) {
    const [images, channels, height, width] = x!.shape as Sizes;
    const [h, w] = axis === 'h' ? [size, width] : [height, size];
    return { shape: [images / matrices.tile, channels / phases, h, w], dtype };
  },
  reference: computeInverse,
  describe({ axis, matrices, phases, bias, gain }) {
    const words = [`F(${matrices.outputs}, 3) along ${axis}`];
    if (phases > 1) words.push(`${phases} phases`);
    if (bias) words.push('bias');
    if (gain !== undefined) words.push(`residual, gain ${gain}`);
    return words.join(', ');
  },
  kernels: {
    webgl: {
      shader: writeInverseShader,
      fetches: countInverseFetches,
    },
  },
};

/** `extras`: the bias, then the residual, where the attributes say that they are there. */
export function winogradInverse(x: Tensor, extras: readonly Tensor[], attributes: InverseAttributes): Tensor {
  return apply(winogradInverseOp, [x, ...extras], attributes);
}

function computeInverse({
  inputs,
  inputTypes,
  output,
  outputType,
  attributes,
}: ReferenceCall<InverseAttributes>): void {
  const { axis, matrices, phases, bias, gain, residualScale } = attributes;
  const [, , height, width] = inputTypes[0]!.shape as Sizes;
  const [images, channels, outHeight, outWidth] = outputType.shape as Sizes;
  const planes = images * channels;
  const residual = inputs[inputs.length - 1]!;
  for (let plane = 0, to = 0; plane < planes; plane++) {
    for (let y = 0; y < outHeight; y++) {
      for (let x = 0; x < outWidth; x++, to++) {
        const along = axis === 'h' ? y : x;
        const row = Math.floor(along / phases) % matrices.outputs;
        const tile = Math.floor(along / phases / matrices.outputs);
        const [tileY, tileX] = axis === 'h' ? [tile, x] : [y, tile];
        const image = Math.floor(plane / channels);
        const source = (image * phases + (along % phases)) * channels + (plane % channels);
        let sum = bias ? inputs[1]![plane % channels]! : 0;
        for (let u = 0; u < matrices.tile; u++) {
          sum +=
            matrices.output[row]![u]! * inputs[0]![((u * planes * phases + source) * height + tileY) * width + tileX]!;
        }
        const from = Math.floor((plane * outHeight + y) / residualScale) * (outWidth / residualScale);
        output[to] = gain === undefined ? sum : residual[from + Math.floor(x / residualScale)]! + gain * sum;
      }
    }
  }
  roundResult(output, outputType);
}

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
