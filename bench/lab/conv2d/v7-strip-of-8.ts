/** The engine's default: eight pixels, and textureLod in the place of texelFetch. The same fetches as v6. */
import { strip } from '../blocks.ts';
import type { Version } from '../version.ts';
import { convolveWith } from './engine-kernel.ts';

export const stripOf8: Version = {
  name: 'v7 R=8',
  why: 'The same reads by textureLod with normalised coordinates, whose path through a software sampler is shorter.',
  isEngineDefault: true,
  compute: (plain) => convolveWith(plain, { block: strip(8) }),
};
