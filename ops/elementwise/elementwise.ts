/**
 * Ops that act on every element by itself, one operand or two with NumPy's broadcasting. An op is made from a GLSL
 * expression over vec4 and a JavaScript function of the same meaning; everything else is common and lives here.
 *
 * An operand is read four channels at a time where its channels line up with those of the result, else one by one.
 */
import { apply, broadcastShapes, keyOfLayout, stridesOf } from '../../engine/index.ts';
import type { NumericArray, Op, Operand, ShaderCall, Shape, Tensor } from '../../engine/index.ts';
import { existingPixel, forEachQuad, offset, writeFragmentShader } from '../shader/fragment.ts';
import { gridArguments, logicalIndices } from '../shader/indices.ts';

export interface ElementwiseDefinition<A> {
  readonly name: string;
  /** What shaders call the operands [a, b, c, …]. */
  readonly operands?: readonly string[];
  /** A vec4 expression over the names of the operands. */
  glsl(operands: readonly string[], attributes: A): string;
  /** GLSL functions that the expression calls. */
  readonly declarations?: string;
  /** The same for numbers. */
  compute(operands: readonly number[], attributes: A): number;
  describe?(attributes: A): string;
  /** The result for halves is a half that needs no rounding, so it stays f16. */
  readonly keepsHalves?: boolean;
}

export function defineElementwise<A>(definition: ElementwiseDefinition<A>): Op<A> {
  const { name } = definition;
  return {
    name,
    ...(definition.operands && { operands: definition.operands }),
    infer(inputs) {
      const shape = inputs.map((input) => input.shape).reduce((a, b) => broadcastShapes(name, a, b));
      const halves = definition.keepsHalves && inputs.every((input) => input.dtype === 'f16');
      return { shape, dtype: halves ? 'f16' : 'f32' };
    },
    reference({ inputs, inputTypes, output, outputType, attributes }) {
      const readers = inputs.map((data, index) => broadcastReader(data, inputTypes[index]!.shape, outputType.shape));
      const operands = new Array<number>(inputs.length);
      for (let i = 0; i < output.length; i++) {
        readers.forEach((read, index) => (operands[index] = read(i)));
        output[i] = definition.compute(operands, attributes);
      }
    },
    kernels: { webgl: { shader: (call) => writeElementwiseShader(call, definition) } },
    ...(definition.describe && { describe: definition.describe }),
  };
}

/** Calls a one-operand op. */
export function applyUnary(op: Op<undefined>): (x: Tensor) => Tensor {
  return (x) => apply(op, [x], undefined);
}

/** Calls a two-operand op; shapes broadcast as in NumPy. */
export function applyBinary(op: Op<undefined>): (a: Tensor, b: Tensor) => Tensor {
  return (a, b) => apply(op, [a, b], undefined);
}

/** Value of an operand at a flat index of the result. */
function broadcastReader(data: NumericArray, from: Shape, to: Shape): (index: number) => number {
  const fromStrides = stridesOf(from);
  const toStrides = stridesOf(to);
  const steps = to.map((_, axis) => {
    const own = axis - to.length + from.length;
    return own < 0 || from[own] === 1 ? 0 : fromStrides[own]!;
  });
  return (index) => {
    let position = 0;
    for (let axis = 0; axis < to.length; axis++) {
      position += (Math.floor(index / toStrides[axis]!) % to[axis]!) * steps[axis]!;
    }
    return data[position]!;
  };
}

function writeElementwiseShader<A>(call: ShaderCall<A>, definition: ElementwiseDefinition<A>): string {
  return writeFragmentShader(call, definition.name, {
    ...(definition.declarations && { declarations: definition.declarations }),
    pixel(position) {
      return forEachQuad(call.output.layout, (quad) => {
        const operands = call.inputs.map((input) => readOperand(input, call.output, quad, position));
        return definition.glsl(operands, call.attributes);
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
