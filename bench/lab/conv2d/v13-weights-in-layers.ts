/** v7 with the four weight texels of a tap in four layers at one place; as many fetches. */
import { strip } from '../blocks.ts';
import type { Version } from '../version.ts';
import { convolveWith } from './engine-kernel.ts';
import { withWeightReads } from './own-weights.ts';

const op = withWeightReads(() => ({
  weight: ({ dx, lane }) => `packed_fetch(weight_place.x + ${dx}, weight_y, weight_place.z + ${lane})`,
}));

export const weightsInLayers: Version = {
  name: 'v13 weights in 4 layers',
  why: 'v7 where one coordinate serves the four weights of a tap, at the price of four cache lines far apart for one.',
  compute: (plain) => convolveWith(plain, { block: strip(8), op, weightLayers: 4 }),
};
