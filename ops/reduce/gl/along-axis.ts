/**
 * Reductions along one axis in GLSL whose result keeps the axis: each fragment walks a line, or part of one. Along
 * channels four terms are taken at a time and folded in the end; along any other axis four lines are walked at once.
 */
import type { GlKernel, Layout, ShaderCall } from '../../../engine/index.ts';
import { floatLiteral } from '../../shader/accessors.ts';
import { indent, singlePixelBlock, writePixelShader } from '../../shader/fragment.ts';
import { channelAxis, logicalIndices } from '../../shader/indices.ts';
import type { AxisAttributes, PartialSumsAttributes } from '../attributes.ts';

export const sumProductsGl: GlKernel<AxisAttributes> = {
  shader: (call) =>
    writeLineSum(call, 'sum_products', { term: (at) => `x_pixel(${at}) * other_pixel(${at})`, isZeroBeyond: true }),
  block: () => singlePixelBlock,
};

/** What is added up. */
interface LineSum {
  readonly declarations?: string;
  /** Statements before the walk, where the arguments of the result's own pixel are `n, quad, y, x`. */
  readonly prepare?: string;
  /** The vec4 of a step, given the arguments of a pixel of the operands. */
  term(at: string): string;
  /** Whether the lanes beyond the last channel give zero by themselves. */
  readonly isZeroBeyond: boolean;
}

/** A whole line for each element of the result, whose axis has size 1. */
export function writeLineSum(call: ShaderCall<AxisAttributes>, title: string, sum: LineSum): string {
  const { axis } = call.attributes;
  const { type, layout } = call.inputs[0]!;
  const walk = walkAlong(type.shape.length, axis);
  const steps = walk.isChannel ? layout.quads : type.shape[axis]!;
  const term = walk.isChannel && !sum.isZeroBeyond ? keepExisting(sum.term(walk.at), layout) : sum.term(walk.at);
  const body = [
    ...(sum.prepare ? [sum.prepare] : []),
    'vec4 total = vec4(0.0);',
    `for (int step = 0; step < ${steps}; ++step) total += ${term};`,
    walk.isChannel ? 'return vec4(dot(total, vec4(1.0)), 0.0, 0.0, 0.0);' : 'return total;',
  ];
  const value = ['vec4 value(int n, int quad, int y, int x) {', indent(body.join('\n')), '}'];
  return writePixelShader(call, `${title} along axis ${axis}`, [sum.declarations ?? '', ...value].join('\n'));
}

/** Arguments of the pixel at `step` of the line through `n, quad, y, x`. */
function walkAlong(rank: number, axis: number): { readonly isChannel: boolean; readonly at: string } {
  const isChannel = axis === channelAxis(rank);
  const walked = isChannel ? 'quad' : logicalIndices(rank)[axis]!;
  return { isChannel, at: ['n', 'quad', 'y', 'x'].map((name) => (name === walked ? 'step' : name)).join(', ') };
}

function keepExisting(term: string, { grid }: Layout): string {
  if (grid.c % 4 === 0) return term;
  const beyond = `greaterThanEqual(ivec4(step * 4) + ivec4(0, 1, 2, 3), ivec4(${grid.c}))`;
  return `mix(${term}, vec4(${floatLiteral(0)}), ${beyond})`;
}

export const partialSumsGl: GlKernel<PartialSumsAttributes> = {
  shader(call) {
    const { axis, chunk } = call.attributes;
    const { type, layout } = call.inputs[0]!;
    const { isChannel, at } = walkAlong(type.shape.length, axis);
    const place = logicalIndices(type.shape.length)[axis]!;
    const sumFrom = (first: string, size: number, step: number): string[] => [
      `  int first = ${first} * ${step}, last = min(first + ${step}, ${size});`,
      '  vec4 total = vec4(0.0);',
      `  for (int step = first; step < last; ++step) total += x_pixel(${at});`,
    ];
    // Four parts lie in the lanes of one texel: each is walked by itself.
    const body = isChannel
      ? [
          'float sum_part(int n, int part, int y, int x) {',
          ...sumFrom('part', layout.quads, chunk / 4),
          '  return dot(total, vec4(1.0));',
          '}',
          'vec4 value(int n, int quad, int y, int x) {',
          '  vec4 result;',
          '  for (int lane = 0; lane < 4; ++lane) result[lane] = sum_part(n, quad * 4 + lane, y, x);',
          '  return result;',
          '}',
        ]
      : [
          'vec4 value(int n, int quad, int y, int x) {',
          ...sumFrom(place, type.shape[axis]!, chunk),
          '  return total;',
          '}',
        ];
    return writePixelShader(call, `partial_sums along axis ${axis}`, body.join('\n'));
  },
  block: () => singlePixelBlock,
};
