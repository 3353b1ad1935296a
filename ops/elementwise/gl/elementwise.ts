/**
 * Elementwise ops in GLSL, of the formula that each of them gives. An operand is read four channels at a time where
 * its channels line up with those of the result, else one by one.
 */
import { keyOfLayout } from '../../../engine/index.ts';
import type { GlKernel, Operand, ShaderCall } from '../../../engine/index.ts';
import { existingPixel, forEachQuad, offset, writeFragmentShader } from '../../shader/fragment.ts';
import { gridArguments, logicalIndices } from '../../shader/indices.ts';

/** What an elementwise op computes, in GLSL. */
export interface GlFormula<A> {
  /** Functions that the expression calls. */
  readonly declarations?: string;
  /** A vec4 expression over operands, which are vec4 expressions too. */
  expression(operands: readonly string[], attributes: A): string;
}

export function elementwiseGl<A>(name: string, formula: GlFormula<A>): GlKernel<A> {
  return { shader: (call) => writeElementwiseShader(call, name, formula) };
}

function writeElementwiseShader<A>(call: ShaderCall<A>, name: string, formula: GlFormula<A>): string {
  return writeFragmentShader(call, name, {
    ...(formula.declarations && { declarations: formula.declarations }),
    pixel(position) {
      return forEachQuad(call.output.layout, (quad) => {
        const operands = call.inputs.map((input) => readOperand(input, call.output, quad, position));
        return formula.expression(operands, call.attributes);
      });
    },
  });
}

/** The four channels of an operand that belong to a pixel of the result. */
function readOperand(
  operand: Operand,
  result: Operand,
  quad: string,
  position: { pixel: number; y: string; x: string },
): string {
  const { name, layout } = operand;
  if (layout.lanes === 4 && keyOfLayout(layout) === keyOfLayout(result.layout)) {
    const firstLayer = layout.folds > 1 ? `fold * ${layout.targets} + ` : '';
    return `${name}_fetch(texel.x, texel.y, ${firstLayer}${position.pixel})`; // the same texel of the same layer
  }
  const { y, x } = existingPixel(result.layout, position);
  if (channelsLineUp(operand, result)) {
    const { n, c, h, w } = layout.grid;
    const texel = `${name}_pixel(${n > 1 ? 'n' : '0'}, ${c > 1 ? quad : '0'}, ${h > 1 ? y : '0'}, ${w > 1 ? x : '0'})`;
    return c === 1 && result.layout.grid.c > 1 ? `${texel}.xxxx` : texel;
  }
  const lanes = [0, 1, 2, 3].map((lane) => readElement(operand, result, quad, lane, y, x));
  return `vec4(${lanes.join(', ')})`;
}

/** Rank 4 keeps its channels second, lower ranks last: among themselves axes of the grid mean the same. */
function channelsLineUp(operand: Operand, result: Operand): boolean {
  const rank = operand.type.shape.length;
  return rank === 0 || (rank === 4) === (result.type.shape.length === 4);
}

function readElement(
  { name, type }: Operand,
  result: Operand,
  quad: string,
  lane: number,
  y: string,
  x: string,
): string {
  const { c } = result.layout.grid;
  const channel = `min(${offset(`${quad} * 4`, lane)}, ${c - 1})`;
  const coordinates: Record<string, string> = { n: 'n', c: channel, y, x };
  const resultIndices = logicalIndices(result.type.shape.length).map((axis) => coordinates[axis]!);
  const own = resultIndices.slice(resultIndices.length - type.shape.length);
  return `${name}_at(${gridArguments(own.map((index, axis) => (type.shape[axis] === 1 ? '0' : index)))})`;
}
