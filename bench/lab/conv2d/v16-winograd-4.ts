/** The engine's Winograd F(4×4, 3×3): 36 multiplications for 16 outputs in the place of 144. */
import { winograd4 } from '../../../ops/winograd/matrices.ts';
import type { Version } from '../version.ts';

export const winogradOf4: Version = {
  name: 'v16 Winograd F(4×4)',
  why: 'Four times fewer multiplications; tiles overlap less, so the transformed picture is smaller than that of F(2×2).',
  winograd: winograd4,
  compute: (plain) => plain,
};
