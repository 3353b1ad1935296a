/**
 * Training as a library: gradients of functions of one's own, states that a run assigns, and the stages of DALL·E as
 * tasks. Everything here runs in a browser too; data sets, checkpoints and the loop around the steps are the command's,
 * `dalle-gl train`.
 *
 * A door and nothing else: docs/11-gradients.md goes through it, and test/surface.test.ts holds the list.
 */
import './base/platform.ts';

export { assign, checkpoint, compile, gradients, State, stopGradient, tensor } from './ops/index.ts';
export { createDvaeTask } from './train/dvae.ts';
export type { OptimizerSettings } from './train/optimizer.ts';
export { Parameters, type ParameterSpec } from './train/parameters.ts';
export { Trainer, type TrainingTask } from './train/trainer.ts';
export { createTransformerTask } from './train/transformer.ts';
