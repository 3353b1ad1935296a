/**
 * The shader of every reduction: loops over the reduced axes of operand `a`, always four values at a time. What the
 * four lanes of a texel become depends on where the layout puts the channels of operand and result:
 *
 *   kept     four channels stay the four lanes of a texel of the result
 *   reduced  the channels are reduced: lanes are folded into one element after the loops
 *   moved    the result has another axis in its lanes: one element is read at a time, into all four
 */
import type { Shape, ShaderCall } from '../../engine/index.ts';
import { repeatFirstLane } from '../shader/comparison.ts';
import { indent, writeElementShader, writePixelShader } from '../shader/fragment.ts';
import { channelAxis, gridArguments, logicalIndices, pixelArguments } from '../shader/indices.ts';
import { reduceShape } from './axes.ts';
import type { ReducedAxes } from './axes.ts';

export interface ReducingShader {
  readonly title: string;
  readonly declarations?: string;
  /** Statements before the loops. */
  readonly start: string;
  /** Statements for the vec4 `texel`. `index`: a vec4 of the positions of its lanes on the innermost reduced axis. */
  step(index: string): string;
  /** Statements that put what the four lanes found together into the first one. */
  readonly foldLanes: string;
  /** A vec4 expression, whose first lane counts unless lanes are kept. */
  readonly result: string;
  /** Whether the zeros of lanes beyond the last channel must not be seen. */
  readonly existingLanesOnly: boolean;
}

export function writeReducingShader(call: ShaderCall, reduced: ReducedAxes, shader: ReducingShader): string {
  const { shape } = call.inputs[0]!.type;
  const { lanes, texel } = readReduced(shape, reduced);
  const loops = reduced.axes.map((axis) => loopOver(shape, axis));
  const spare = lanes === 'reduced' && shader.existingLanesOnly;
  const body = [
    shader.start,
    ...loops.map(({ name, count }) => `for (int ${name} = 0; ${name} < ${count}; ++${name})`),
    '{',
    `  vec4 texel = ${texel};`,
    ...(spare ? [indent(repeatFirstLane('texel', 'quad', shape[channelAxis(shape.length)]!))] : []),
    indent(shader.step(loops.at(-1)?.index ?? 'vec4(0.0)')),
    '}',
    ...(lanes === 'reduced' ? [shader.foldLanes] : []),
    lanes === 'kept' ? `return ${shader.result};` : `return (${shader.result}).x;`,
  ];
  const [write, signature] =
    lanes === 'kept'
      ? [writePixelShader, 'vec4 value(int n, int quad, int y, int x)']
      : [writeElementShader, 'float element(int n, int c, int y, int x)'];
  const declarations = shader.declarations ? [shader.declarations, ''] : [];
  const lines = [...declarations, `${signature} {`, indent(body.filter(Boolean).join('\n')), '}'];
  return write(call, shader.title, lines.join('\n'));
}

/** Loop variable of a reduced axis; channels are counted in quads. `index`: positions of the four lanes. */
function loopOver(shape: Shape, axis: number): { name: string; count: number; index: string } {
  if (axis === channelAxis(shape.length)) {
    return { name: 'quad', count: Math.ceil(shape[axis]! / 4), index: 'vec4(quad * 4) + vec4(0.0, 1.0, 2.0, 3.0)' };
  }
  return { name: `r${axis}`, count: shape[axis]!, index: `vec4(r${axis})` };
}

function readReduced(from: Shape, reduced: ReducedAxes): { lanes: 'kept' | 'reduced' | 'moved'; texel: string } {
  const { axes, keepDims } = reduced;
  const names = logicalIndices(reduceShape(from, reduced).length);
  const kept = from.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const indices = from.map((_, axis) => {
    return axes.includes(axis) ? `r${axis}` : names[keepDims ? axis : kept.indexOf(axis)]!;
  });
  const channel = channelAxis(from.length);
  const texel = `a_pixel(${pixelArguments(indices, 'quad')})`;
  if (axes.includes(channel)) return { lanes: 'reduced', texel };
  if (channel < 0 || indices[channel] === 'c') return { lanes: 'kept', texel };
  return { lanes: 'moved', texel: `vec4(a_at(${gridArguments(indices)}))` };
}
