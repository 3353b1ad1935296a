/**
 * Checkpoints in, plain weights out: what `dalle-gl/convert` offers in the browser and in Node alike. Node adds files
 * and folders in `weights-convert/node/index.ts`.
 */
export { sourceFromBlob, sourceFromBytes, type ByteSource } from './byte-source.ts';
export {
  expectedTensors,
  listConvolutions,
  postGain,
  type ConvolutionSpec,
  type DecoderArchitecture,
  type DvaeArchitecture,
  type EncoderArchitecture,
} from './dvae-spec.ts';
export { openModel, type Model } from './model-folder.ts';
export type { ModelFile, ModelManifest, ModelPart, PartName, SourceDescription } from './manifest.ts';
export { describeArchitecture } from './architecture.ts';
export { readNpy, writeNpy, type NpyArray } from './npy.ts';
export { openWeights } from './open-weights.ts';
export { describeSource } from './describe-source.ts';
export { sniffContainer, type Container } from './sniff.ts';
export type { TensorData, Weights } from './weights.ts';
