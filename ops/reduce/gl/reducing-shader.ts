/**
 * The shader of every reduction: one nest of loops over the reduced axes of operand `a`, always four values at a time.
 * What the four lanes of a texel become depends on where the layout puts the channels of operand and result:
 *
 *   kept     four channels stay the four lanes of a texel of the result: one texel is read at a time
 *   moved    another axis lies in the result's lanes: four elements are read at a time, one for each
 *   reduced  the channels are reduced: each lane of the result takes texels of its own and folds them in the end
 *
 * One nest, because llvmpipe needs half a minute to compile sixteen loops in a row; for the same reason the op asks for
 * one pixel a fragment (singlePixelBlock). Pixels of a reduction share no reads anyway.
 */
import type { Shape, ShaderCall } from '../../../engine/index.ts';
import { repeatFirstLane } from '../../shader/comparison.ts';
import { indent, writePixelShader } from '../../shader/fragment.ts';
import { channelAxis, gridArguments, logicalIndices, pixelArguments } from '../../shader/indices.ts';
import { reduceShape } from '../axes.ts';
import type { ReducedAxes } from '../axes.ts';

/** GLSL of a reduction. Its running state is one value of a type of its own: four reductions beside each other. */
export interface ReducingShader {
  readonly title: string;
  readonly declarations: string;
  readonly stateType: string;
  readonly start: string;
  /**
   * A statement that takes the vec4 `texel` in. `index`: a vec4, its lanes' positions on the innermost reduced axis.
   */
  take(state: string, texel: string, index: string): string;
  /** A statement after which the first of the four holds what all of them found. */
  fold(state: string): string;
  /** A vec4 expression. */
  result(state: string): string;
  /** Whether the zeros of lanes beyond the last channel must not be seen. */
  readonly existingLanesOnly: boolean;
}

export function writeReducingShader(call: ShaderCall, reduced: ReducedAxes, shader: ReducingShader): string {
  const { shape } = call.inputs[0]!.type;
  const channel = channelAxis(shape.length);
  const indices = sourceIndices(shape, reduced);
  const loops = reduced.axes.map((axis) => loopOver(shape, axis));
  const index = loops.at(-1)?.index ?? 'vec4(0.0)';
  const body = reduced.axes.includes(channel)
    ? reduceChannels(call, shader, loops, indices, index)
    : [
        `${shader.stateType} state = ${shader.start};`,
        ...nestLoops(loops, shader.take('state', readFourElements(call, indices, channel), index)),
        `return ${shader.result('state')};`,
      ];
  const value = ['vec4 value(int n, int quad, int y, int x) {', indent(body.join('\n')), '}'];
  return writePixelShader(call, shader.title, [shader.declarations, ...value].join('\n'));
}

interface Loop {
  readonly variable: string;
  readonly count: number;
  /** Positions of the four lanes along the axis. */
  readonly index: string;
}

/** The loop over a reduced axis; channels are counted in quads. */
function loopOver(shape: Shape, axis: number): Loop {
  return axis === channelAxis(shape.length)
    ? { variable: 'from_quad', count: Math.ceil(shape[axis]! / 4), index: 'vec4(from_quad * 4) + vec4(0, 1, 2, 3)' }
    : { variable: `from_${axis}`, count: shape[axis]!, index: `vec4(from_${axis})` };
}

function nestLoops(loops: readonly Loop[], ...statements: readonly string[]): string[] {
  const heads = loops.map(({ variable, count }) => `for (int ${variable} = 0; ${variable} < ${count}; ++${variable})`);
  return [...heads, '{', ...statements.map(indent), '}'];
}

/** Indices of the operand, outermost first: a loop's variable, or the name of a coordinate of the result. */
function sourceIndices(from: Shape, reduced: ReducedAxes): string[] {
  const { axes, keepDims } = reduced;
  const names = logicalIndices(reduceShape(from, reduced).length);
  const kept = from.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  return from.map((_, axis) => {
    return axes.includes(axis) ? loopOver(from, axis).variable : names[keepDims ? axis : kept.indexOf(axis)]!;
  });
}

/** Lanes kept or moved: the four values that go into the four lanes of the result. */
function readFourElements(call: ShaderCall, indices: readonly string[], channel: number): string {
  if (channel < 0 || indices[channel] === 'c') return `x_pixel(${pixelArguments(indices, 'quad')})`;
  const elements = [0, 1, 2, 3].map((lane) => `x_at(${gridArguments(indicesOfLane(call, indices, lane))})`);
  return `vec4(${elements.join(', ')})`;
}

/** The same indices for one lane of the result. A lane that does not exist repeats the last one that does. */
function indicesOfLane({ output }: ShaderCall, indices: readonly string[], lane: number): string[] {
  return indices.map((index) => (index === 'c' ? `min(quad * 4 + ${lane}, ${output.layout.grid.c - 1})` : index));
}

function reduceChannels(
  call: ShaderCall,
  shader: ReducingShader,
  loops: readonly Loop[],
  indices: readonly string[],
  index: string,
): string[] {
  const { grid } = call.inputs[0]!.layout;
  const lanes = [0, 1, 2, 3].slice(0, call.output.layout.grid.c);
  const steps = lanes.flatMap((lane) => {
    const texel = `texel_${lane}`;
    const read = `vec4 ${texel} = x_pixel(${pixelArguments(indicesOfLane(call, indices, lane), 'from_quad')});`;
    const repeat = shader.existingLanesOnly ? repeatFirstLane(texel, 'from_quad', grid.c) : '';
    return [read, ...(repeat ? [repeat] : []), shader.take(`state_${lane}`, texel, index)];
  });
  const results = [0, 1, 2, 3].map((lane) => (lanes.includes(lane) ? `(${shader.result(`state_${lane}`)}).x` : '0.0'));
  return [
    ...lanes.map((lane) => `${shader.stateType} state_${lane} = ${shader.start};`),
    ...nestLoops(loops, ...steps),
    ...lanes.map((lane) => shader.fold(`state_${lane}`)),
    `return vec4(${results.join(', ')});`,
  ];
}
