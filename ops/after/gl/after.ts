/** after in GLSL: the texels of x as they are. */
import type { GlKernel } from '../../../engine/index.ts';
import { writeCopyShader } from '../../shader/fragment.ts';

export const afterGl: GlKernel<undefined> = { shader: (call) => writeCopyShader(call, 'after', 'x') };
