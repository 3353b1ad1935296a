/**
 * Checkpoints in, plain weights out: what `dalle-gl/convert` offers in the browser and in Node alike. Node adds files
 * and folders in `weights-convert/node/`.
 */
import '../base/platform.ts';

export { sourceFromBlob, sourceFromBytes, type ByteSource } from './byte-source.ts';
export { expectedTensors, listConvolutions, postGain, type ConvolutionSpec } from '../nets/dvae/tensors.ts';
export {
  type DecoderArchitecture,
  type DvaeArchitecture,
  type EncoderArchitecture,
} from '../nets/dvae/architecture.ts';
export {
  openModel,
  type Model,
  type ModelWeights,
  type OpenFile,
  type OpenModelOptions,
} from './model-folder/open-model.ts';
export type {
  ModelFile,
  ModelManifest,
  ModelPart,
  ModelParts,
  PartName,
  SourceDescription,
  TokenizerPart,
} from './model-folder/manifest.ts';
export { describeArchitecture } from '../nets/net-kinds.ts';
export type { NetArchitecture, NetKind, NetPart } from '../nets/net-kinds.ts';
export { netTensors } from '../nets/weights.ts';
export { inspectFile, type InspectionResult, type InspectOptions } from './inspect/inspect-file.ts';
export type {
  Bounded,
  ExplainedOpcode,
  InspectedGlobal,
  InspectedProblem,
  InspectedTensor,
  InspectedValue,
  Inspection,
} from './inspect/inspection.ts';
export { readNpy, writeNpy, type NpyArray } from './numpy/npy.ts';
export { openCheckpoint, openWeights } from './open-weights.ts';
export { downloadBlob, type DownloadedBlob, type DownloadOptions, type DownloadProgress } from './transfer/download.ts';
export { describeSource } from './describe-source.ts';
export { sniffContainer, type Container } from './sniff.ts';
export type { SamplingDefaults } from '../nets/sampling/defaults.ts';
export { expectedTransformerTensors } from '../nets/transformer/tensors.ts';
export {
  type Activation,
  type AttentionKind,
  type ConvEdges,
  type TransformerArchitecture,
} from '../nets/transformer/architecture.ts';
export { isKind, type TensorData, type Weights, type WeightsOf } from '../nets/weights.ts';
