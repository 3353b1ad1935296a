/** Every experiment of the laboratory, in the order in which they are run. */
import { convolutions } from './conv2d/experiments.ts';
import { epilogue } from './epilogue/experiment.ts';
import { matrixProduct } from './matmul/experiment.ts';
import { vectorProduct } from './matvec/experiment.ts';
import { pool } from './pool/experiment.ts';
import { poolOnWrite } from './pool-on-write/experiment.ts';
import { upsampled } from './upsampled/experiment.ts';
import type { Experiment } from './version.ts';

export const experiments: readonly Experiment[] = [
  ...convolutions,
  matrixProduct,
  vectorProduct,
  pool,
  epilogue,
  poolOnWrite,
  ...upsampled,
];
