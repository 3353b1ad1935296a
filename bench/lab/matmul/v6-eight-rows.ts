/** The engine's default: v5 by textureLod. */

import type { Version } from '../version.ts';
import { multiplyWith } from './engine-kernel.ts';

export const eightRows: Version = {
  name: 'v6 R=8',
  why: 'The same reads by textureLod, whose path through a software sampler is shorter.',
  isEngineDefault: true,
  compute: (plain) => multiplyWith(plain, { rows: 8 }),
};
