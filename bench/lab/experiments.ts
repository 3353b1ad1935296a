/** Every experiment of the laboratory, in the order in which they are run. */
import { convolutions } from './conv2d/experiments.ts';
import type { Experiment } from './version.ts';

export const experiments: readonly Experiment[] = [...convolutions];
