/** pad in GLSL: each element is read, or is the border. */
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import { floatLiteral } from '../../shader/accessors.ts';
import { offset, writeElementShader } from '../../shader/fragment.ts';
import { gridArguments, logicalIndices } from '../../shader/indices.ts';
import type { PadAttributes } from '../attributes.ts';

export const padGl: GlKernel<PadAttributes> = {
  shader: writePadShader,
};

function writePadShader(call: ShaderCall<PadAttributes>): string {
  const { before, after, value } = call.attributes;
  const { shape } = call.inputs[0]!.type;
  const names = logicalIndices(shape.length);
  const conditions = names.flatMap((name, axis) => [
    ...(before[axis]! > 0 ? [`${name} >= ${before[axis]}`] : []),
    ...(after[axis]! > 0 ? [`${name} < ${before[axis]! + shape[axis]!}`] : []),
  ]);
  const inside = `x_at(${gridArguments(names.map((name, axis) => offset(name, -before[axis]!)))})`;
  return writeElementShader(
    call,
    'pad',
    [
      'float element(int n, int c, int y, int x) {',
      ...(conditions.length > 0 ? [`  if (!(${conditions.join(' && ')})) return ${floatLiteral(value)};`] : []),
      `  return ${inside};`,
      '}',
    ].join('\n'),
  );
}
