/**
 * A whole DALL·E from a model folder: its parts opened on a device, and the folder itself from an address, where there
 * is no disk. The entry for Node has a loader of its own, for paths.
 */
import { checkObject, checkText } from '../base/check-argument.ts';
import { DalleError } from '../base/errors.ts';
import { checkModelOptions } from '../nets/checks.ts';
import { Dalle } from '../nets/dalle/dalle.ts';
import { openTokenizer, type OpenTokenizerOptions } from '../nets/tokenizer/open-tokenizer.ts';
import type { Precision } from '../nets/weight-tree.ts';
import type { Device, RewriteOptions } from '../ops/index.ts';
import { downloadModel, type DownloadModelOptions } from '../weights-convert/model-folder/download-model.ts';
import type { Model } from '../weights-convert/model-folder/open-model.ts';
import { checkMemory } from './check-memory.ts';
import { handOver } from './hand-over.ts';
import { createPictureCoder } from './picture-coder.ts';
import { createTokenTransformer } from './token-transformer.ts';

/** Where the parts of a DALL·E compute, and how. */
export interface DalleOptions extends RewriteOptions, OpenTokenizerOptions {
  /** Where it computes. */
  readonly device: Device;
  /** Of the coder of pictures, see `DvaeOptions`; the transformer computes in full [full]. */
  readonly precision?: Precision;
}

/**
 * Makes a DALL·E of the parts of a model folder, which it owns from then on: its `dispose` closes their files.
 *
 * @param free bytes that the machine has left for the device, where somebody knows
 * @throws DalleError `E_PART_MISSING`; MemoryError `E_MEMORY` for one that its device cannot hold; FormatError
 *   `E_MODEL_MANIFEST` for parts of different models, and as `openTokenizer`. The model stays open then, and the
 *   caller's.
 */
export async function createDalle(model: Model, options: DalleOptions, free?: number): Promise<Dalle> {
  checkObject('createDalle', 'model', model);
  checkModelOptions('createDalle', options);
  const { transformer, tokenizer, manifest } = model;
  if (!transformer || tokenizer === undefined) {
    throw missingPart(transformer ? 'tokenizer' : 'transformer', model);
  }
  const drawing = createTokenTransformer(transformer, model, options);
  // An encoder is for pictures that are given, and may never be asked for.
  const weights = [model.text_encoder, transformer, model.decoder];
  checkMemory('createDalle', options.device, { weights, cacheBytes: drawing.cacheBytes }, free);
  const opened = await openTokenizer(tokenizer, options);
  try {
    return new Dalle(createPictureCoder(model, options), drawing, opened, manifest?.sampling);
  } catch (error) {
    opened.dispose?.();
    throw error;
  }
}

/** Which files hold a whole model is told of one; every family has its own. */
function missingPart(part: 'tokenizer' | 'transformer', model: Model): DalleError {
  const { text_encoder, encoder, decoder, clip } = model;
  const there = Object.entries({ text_encoder, encoder, decoder, clip }).flatMap(([name, net]) => (net ? [name] : []));
  const only = part === 'transformer' && there.length > 0 ? `only: ${there.join(', ')}` : 'none';
  return new DalleError(
    'E_PART_MISSING',
    `createDalle: text to image needs a ${part}, and this model has ${only}. Convert all files of one model together ` +
      'into a new folder, those of its words too: of DALL·E mini, dalle-gl convert encoder.pt decoder.pt detoker.pt ' +
      'vocab.json merges.txt -o DIR. dalle-gl models lists those that can be had by name.',
  );
}

/** Where a DALL·E computes, and how its files are downloaded. */
export interface LoadDalleOptions extends DownloadModelOptions {
  /** Where it computes. */
  readonly device: Device;
}

/**
 * Loads a DALL·E. Its files are held as `Blob`s until `dispose`.
 *
 * @param folder address of the folder or of its `model.json`, relative to the page if it likes: the files of
 *   `dalle-gl convert` lie in it
 * @throws FormatError as `openModel` and `downloadBlob`; DalleError `E_PART_MISSING`; AbortedError `E_ABORTED`
 */
export async function loadDalle(folder: string | URL, given: LoadDalleOptions): Promise<Dalle> {
  if (!(folder instanceof URL)) checkText('loadDalle', 'folder, an address', folder);
  checkModelOptions('loadDalle', given);
  const { device, ...options } = given;
  return handOver(await downloadModel(folder, options), (model) => createDalle(model, { device }));
}
