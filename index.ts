/**
 * dalle-gl where there is no Node: everything here runs in a browser or a worker, on a WebGL 2 context of yours or
 * one that it makes. Weights come from addresses and from files that a person chose (`loadDVAE`); paths, EGL and the
 * bundled model are in `dalle-gl/node`, ops in `dalle-gl/ops`, checkpoints in `dalle-gl/convert`.
 *
 * A door and nothing else: what it lets out is what a user calls, and test/surface.test.ts holds the list.
 */
import './base/platform.ts';

export {
  AbortedError,
  ContextError,
  DalleError,
  FormatError,
  MemoryError,
  ShapeError,
  UnsafeFileError,
  UsageError,
} from './base/errors.ts';

export { open, type OpenOptions } from './load/open.ts';
export { referenceDevice, type CpuDevice, type Device, type WebGLDevice } from './engine/index.ts';

export { loadDVAE, type CheckpointPair, type CheckpointSource, type LoadDvaeOptions } from './load/dvae.ts';
export { Dvae, type DvaeOptions, type DvaeParts, type DvaeWork, type TokenScores } from './nets/dvae/dvae.ts';
export { loadPictureCoder, type LoadPictureCoderOptions } from './load/picture-coder.ts';
export { Vqgan, type VqganOptions, type VqganParts } from './nets/vqgan/vqgan.ts';
export type { PictureCoder, Pixels, TokenGrid } from './nets/picture-coder.ts';
export type { Precision } from './nets/weight-tree.ts';

export { createDalle, loadDalle, type DalleOptions, type LoadDalleOptions } from './load/dalle.ts';
export { Dalle } from './nets/dalle/dalle.ts';
export type { GenerateOptions, GenerateStep } from './nets/dalle/generate-options.ts';
export type { Region, Selection } from './nets/dalle/regions.ts';
export type { SamplingSettings } from './nets/sampling/settings.ts';

export { loadClip, type LoadClipOptions } from './load/clip.ts';
export { Clip, type ClipOptions, type RankedPicture, type RankOptions } from './nets/clip/clip.ts';
export type { Features } from './nets/clip/features.ts';

export { configurations } from './nets/transformer/configurations.ts';
export type { Decoding } from './nets/decoding.ts';
export { estimateSeconds, planTransformer, type TransformerPlan } from './nets/transformer/estimate.ts';
export { measureSpeed } from './nets/transformer/measure-speed.ts';
export type { TransformerOptions } from './nets/transformer/options.ts';
export { Transformer } from './nets/transformer/transformer.ts';
export type { TokenTransformer } from './nets/token-transformer.ts';

export { createRandom, uniformAt } from './nets/sampling/random.ts';
export { resolveSampling } from './nets/sampling/settings.ts';
export { sampleToken } from './nets/sampling/sample-token.ts';
export { formatExplanation } from './nets/tokenizer/explain-word.ts';
export { openTokenizer, type OpenTokenizerOptions } from './nets/tokenizer/open-tokenizer.ts';
export { prepareText } from './nets/tokenizer/prepare-text.ts';
export { formatTokenizer } from './nets/tokenizer/tokenizer-json.ts';
export type { Tokenizer } from './nets/tokenizer/tokenizer.ts';
export { trainBpe, type TrainBpeOptions } from './nets/tokenizer/train-bpe.ts';

export { composeGrid, composeSideBySide } from './images/compose.ts';
export { decodeJpeg } from './images/jpeg.ts';
export { pictureFromRgba, type Picture } from './images/picture.ts';
export { preparePicture, type PictureOptions, type PictureSize } from './images/prepare.ts';
export { psnr } from './images/psnr.ts';
export { fromPixels, toPixels } from './images/tensor.ts';
export { decodeWebp } from './images/webp.ts';
