/**
 * A CLIP from a model folder: its weights and tokenizer opened on a device, and the folder itself from an address,
 * where there is no disk. The entry for Node has a loader of its own, for paths.
 */
import { checkObject, checkText } from '../base/check-argument.ts';
import { DalleError } from '../base/errors.ts';
import { checkModelOptions } from '../nets/checks.ts';
import { Clip, type ClipOptions } from '../nets/clip/clip.ts';
import { openTokenizer, type OpenTokenizerOptions } from '../nets/tokenizer/open-tokenizer.ts';
import type { Device } from '../ops/index.ts';
import { downloadModel, type DownloadModelOptions } from '../weights-convert/model-folder/download-model.ts';
import type { Model } from '../weights-convert/model-folder/open-model.ts';
import { checkMemory } from './check-memory.ts';
import { handOver } from './hand-over.ts';

/** What a CLIP needs of a model folder. */
export const CLIP_PARTS: readonly ['clip', 'tokenizer'] = ['clip', 'tokenizer'];

/**
 * Makes a CLIP of the parts of a model folder, which it owns from then on: its `dispose` closes their files.
 *
 * @throws DalleError `E_PART_MISSING`; FormatError `E_MODEL_MANIFEST` for parts of different models, and as
 *   `openTokenizer`. The model stays open then, and the caller's.
 */
export async function createClip(model: Model, options: ClipOptions & OpenTokenizerOptions): Promise<Clip> {
  checkObject('createClip', 'model', model);
  checkModelOptions('createClip', options);
  const { clip, tokenizer } = model;
  if (!clip || tokenizer === undefined) {
    const missing = clip ? 'the tokenizer of its CLIP' : 'a CLIP';
    throw new DalleError(
      'E_PART_MISSING',
      `createClip: comparing pictures with a text needs ${missing}, and this model has none. Convert weights and words ` +
        'together into a new folder: dalle-gl convert ViT-B-32.pt bpe_simple_vocab_16e6.txt.gz -o DIR, or by name: ' +
        'dalle-gl convert clip-vit-b-32 -o DIR.',
    );
  }
  checkMemory('createClip', options.device, { weights: [clip] });
  const { startWorker, ...computing } = options;
  const opened = await openTokenizer(tokenizer, startWorker ? { startWorker } : {});
  try {
    return new Clip(clip, opened, computing);
  } catch (error) {
    opened.dispose?.();
    throw error;
  }
}

/** Where a CLIP computes, and how its files are downloaded. */
export interface LoadClipOptions extends DownloadModelOptions {
  /** Where it computes. */
  readonly device: Device;
}

/**
 * Loads a CLIP. Its files are held as `Blob`s until `dispose`.
 *
 * @param folder address of the folder or of its `model.json`, relative to the page if it likes
 * @throws FormatError as `openModel` and `downloadBlob`; DalleError `E_PART_MISSING`; AbortedError `E_ABORTED`
 */
export async function loadClip(folder: string | URL, given: LoadClipOptions): Promise<Clip> {
  if (!(folder instanceof URL)) checkText('loadClip', 'folder, an address', folder);
  checkModelOptions('loadClip', given);
  const { device, ...options } = given;
  return handOver(await downloadModel(folder, options, CLIP_PARTS), (model) => createClip(model, { device }));
}
