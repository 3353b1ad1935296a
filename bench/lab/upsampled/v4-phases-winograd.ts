/** The engine's way since: the small map transformed once, four kernels, phases put side by side by the inverse. */
import { winograd4 } from '../../../ops/winograd/matrices.ts';
import type { Version } from '../version.ts';

export const phasesWinograd: Version = {
  name: 'v4 phases, Winograd',
  why: 'As many multiplications as v3, but a quarter of the pixels to transform and no large map; four times the weights.',
  winograd: winograd4,
  isEngineDefault: true,
  compute: (plain) => plain,
};
