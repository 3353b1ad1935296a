/** assign in GLSL: the texels of the value as they are. */
import type { GlKernel } from '../../../engine/index.ts';
import { writeCopyShader } from '../../shader/fragment.ts';

export const assignGl: GlKernel<undefined> = { shader: (call) => writeCopyShader(call, 'assign', 'value') };
