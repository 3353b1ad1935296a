/**
 * dalle-gl where there is no Node: everything here runs in a browser or a worker, on a WebGL 2 context of yours or
 * one that it makes. Weights come from addresses and from files that a person chose (`loadDVAE`); paths, EGL and the
 * bundled model are in `dalle-gl/node`.
 */
import './base/platform.ts';

export * from './base/errors.ts';
export * from './images/index.ts';
export { Dalle } from './nets/dalle/dalle.ts';
export type { GenerateOptions, GenerateStep } from './nets/dalle/dalle.ts';
export { createDalle, loadDalle, type DalleOptions, type LoadDalleOptions } from './load/dalle.ts';
export { isWithinPicture, selectTokens } from './nets/dalle/regions.ts';
export type { Region, Selection } from './nets/dalle/regions.ts';
export * from './nets/dvae/dvae.ts';
export type { PictureCoder, Pixels, TokenGrid } from './nets/picture-coder.ts';
export { decoder } from './nets/dvae/decoder.ts';
export { encoder } from './nets/dvae/encoder.ts';
export { loadDVAE, type CheckpointPair, type CheckpointSource, type LoadDvaeOptions } from './load/dvae.ts';
export { likelyPixels, mapPixels, unmapPixels } from './nets/dvae/pixels.ts';
export type { Decoding } from './nets/transformer/decoding.ts';
export { configurations, type ConfigurationName } from './nets/transformer/configurations.ts';
export { countFittingLayers, estimateSeconds, measureSpeed, planTransformer } from './nets/transformer/estimate.ts';
export type { DeviceSpeed, SecondsNeeded, TransformerPlan, Work } from './nets/transformer/estimate.ts';
export { Transformer } from './nets/transformer/transformer.ts';
export type { TransformerOptions } from './nets/transformer/options.ts';
export * from './nets/sampling/index.ts';
export * from './nets/tokenizer/index.ts';
export type { Precision, WeightTree } from './nets/weight-tree.ts';
export * from './ops/index.ts';
export {
  WebGLDevice,
  referenceDevice,
  type DeviceOptions,
  type KernelChoice,
  type DrawLimits,
  type ReferenceDevice,
} from './engine/index.ts';
export { open, type OpenOptions } from './load/open.ts';
