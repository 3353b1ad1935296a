/** cross_entropy and its gradient in GLSL: numbers of rows are read, and no row is walked. */
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import { accurateExp, accurateLog } from '../../elementwise/gl/accurate.ts';
import { floatLiteral } from '../../shader/accessors.ts';
import { countElementFetches, writeElementShader, writePixelShader } from '../../shader/fragment.ts';

export const crossEntropyGl: GlKernel<undefined> = {
  shader(call) {
    const { c } = call.inputs[0]!.layout.grid;
    return writeElementShader(
      call,
      'cross_entropy',
      [
        accurateLog,
        'float element(int n, int row, int y, int x) {',
        '  float target = target_at(0, row, 0, 0);',
        `  if (!(target >= 0.0 && target < ${floatLiteral(c)})) return ${floatLiteral(NaN)};`,
        '  float score = logits_at(0, int(target), 0, row) - largest_at(0, 0, 0, row);',
        `  return ${weightOf(call, 'row')}(accurate_log(vec4(total_at(0, 0, 0, row))).x - score);`,
        '}',
      ].join('\n'),
    );
  },
  fetches: (call) => call.inputs.length * countElementFetches(call),
};

export const crossEntropyByLogitsGl: GlKernel<undefined> = {
  shader(call) {
    const { c } = call.output.layout.grid;
    return writePixelShader(
      call,
      'cross_entropy_by_logits',
      [
        accurateExp,
        'vec4 value(int n, int quad, int y, int row) {',
        '  float target = target_at(0, row, 0, 0);',
        `  if (!(target >= 0.0 && target < ${floatLiteral(c)})) return vec4(${floatLiteral(NaN)});`,
        '  float largest = largest_at(0, 0, 0, row), total = total_at(0, 0, 0, row);',
        '  vec4 shares = accurate_exp(logits_pixel(0, quad, 0, row) - largest) / total;',
        '  shares -= vec4(equal(ivec4(quad * 4) + ivec4(0, 1, 2, 3), ivec4(int(target))));',
        `  return ${weightOf(call, 'row')}cotangent_at(0, row, 0, 0) * shares;`,
        '}',
      ].join('\n'),
    );
  },
};

function weightOf({ inputs }: ShaderCall, row: string): string {
  return inputs.some(({ name }) => name === 'weight') ? `weight_at(0, ${row}, 0, 0) * ` : '';
}
