/** sum, mean and max in GLSL, of the formulas that each of them gives: the state is the total of each lane. */
import { sizeOf } from '../../../engine/index.ts';
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import { floatLiteral } from '../../shader/accessors.ts';
import { singlePixelBlock } from '../../shader/fragment.ts';
import type { ReducedAxes } from '../axes.ts';
import { writeReducingShader } from './reducing-shader.ts';

/** What tells one reduction from another in GLSL. */
export interface GlReduction {
  /** Functions that the formulas call. */
  readonly declarations: string;
  combine(a: string, b: string): string;
  finish(total: string, count: number): string;
}

/** What a kernel must know of the reduction beside its formulas. */
interface Reduction {
  readonly name: string;
  readonly start: number;
  readonly existingLanesOnly: boolean;
}

export function reductionGl(reduction: Reduction, formulas: GlReduction): GlKernel<ReducedAxes> {
  return { shader: (call) => writeReductionShader(call, reduction, formulas), block: () => singlePixelBlock };
}

function writeReductionShader(call: ShaderCall<ReducedAxes>, reduction: Reduction, formulas: GlReduction): string {
  const count = sizeOf(call.inputs[0]!.type.shape) / sizeOf(call.output.type.shape);
  const add = (total: string, other: string): string => `${total} = ${formulas.combine(total, other)};`;
  return writeReducingShader(call, call.attributes, {
    title: `${reduction.name} over axes ${call.attributes.axes.join(', ')}`,
    declarations: formulas.declarations,
    stateType: 'vec4',
    start: `vec4(${floatLiteral(reduction.start)})`,
    take: add,
    fold: (total) => `${add(total, `${total}.zwxy`)} ${add(total, `${total}.yxwz`)}`,
    result: (total) => formulas.finish(total, count),
    existingLanesOnly: reduction.existingLanesOnly,
  });
}
