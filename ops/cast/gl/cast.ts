/** Casts in GLSL: reading gives floats, and writing rounds to the dtype of the result (ops/shader/halves.ts). */
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import { writePixelShader } from '../../shader/fragment.ts';

export const castGl: GlKernel<undefined> = { shader: writeCastShader };

function writeCastShader(call: ShaderCall): string {
  return writePixelShader(
    call,
    `cast to ${call.output.type.dtype === 'f16' ? 'half' : 'float'}`,
    'vec4 value(int n, int quad, int y, int x) {\n  return x_pixel(n, quad, y, x);\n}',
  );
}
