/**
 * The batches of a training: which samples a step sees, in what crop and with which caption, as pure functions of
 * (seed, step), so that a run that goes on sees what it would have seen; and their pixels, the next batch's while a
 * step is computed. A picture that fails now is counted, and another one, always the same, stands in for it.
 *
 * Shapes: pixels [B, 3, S, S], `B` batch, `S` size. Pure: runs in Node and in the browser.
 */
import { argumentError, checkEach, checkObject } from '../../base/check-argument.ts';
import { FormatError } from '../../base/errors.ts';
import { unlessAborted } from '../../base/unless-aborted.ts';
import type { Picture } from '../../images/picture.ts';
import { toPixels } from '../../images/tensor.ts';
import { saysSides } from './caption-limits.ts';
import { drawMirrored, reducePicture, showPicture, type Crop } from './crop.ts';
import type { DataSet } from './data-set.ts';
import { drawUniforms, type DrawKey } from './draws.ts';
import { FindingCounts, type Finding } from './findings.ts';
import { judgeFailure } from './look.ts';
import { permute } from './permutation.ts';

/** How batches are made. */
export interface BatchOptions {
  /** Whole, 0 … 2³² − 1. */
  readonly seed: number;
  /** Pictures of a step. */
  readonly batch: number;
  /** Pixels along each side. */
  readonly size: number;
  /** Indices of the samples that are trained on [all]. */
  readonly samples?: ArrayLike<number>;
  /** [`centre`] */
  readonly crop?: Crop;
  /** Mirrors every other picture, but none whose caption says left or right [false]. */
  readonly flip?: boolean;
  /** The captions of a sample that may be chosen, as `Preflight.captionsOf` gives them [all]. */
  readonly captionsOf?: (index: number) => readonly string[];
  /** The least side of a picture that is enlarged to `size` [`size`]. */
  readonly smallest?: number;
  /** Bytes of pictures that are kept as `reducePicture` gives them: what fits in is decoded once [256 MB]. */
  readonly keptBytes?: number;
}

/** A sample as an epoch sees it. */
export interface Place {
  readonly index: number;
  readonly epoch: number;
  /** One of the sample's, drawn for this epoch; undefined where it has none. */
  readonly caption: string | undefined;
}

/** The data of a step. */
export interface Batch {
  /** [B, 3, S, S], each in 0…1. */
  readonly pixels: Float32Array;
  /** What is shown, stand-ins included. */
  readonly places: readonly Place[];
}

/** Stand-ins that are tried for a picture before the data set is given up. */
const MOST_STAND_INS = 100;

/** Batches of a data set. */
export class Batches {
  /** Samples that are trained on: an epoch. */
  readonly epochLength: number;
  readonly #data: DataSet;
  readonly #options: Required<BatchOptions>;
  readonly #findings = new FindingCounts();
  readonly #failed = new Set<number>();
  readonly #kept = new Map<number, Picture>();
  #keptBytes = 0;
  #ahead: { readonly step: number; readonly batch: Promise<Batch> } | undefined;

  constructor(data: DataSet, options: BatchOptions) {
    checkBatchOptions(data, options);
    this.#data = data;
    const { size } = options;
    this.#options = {
      ...{ crop: 'centre', flip: false, smallest: size, keptBytes: 256_000_000 },
      captionsOf: (index: number) => data.samples[index]!.captions,
      samples: Int32Array.from(data.samples.keys()),
      ...options,
    };
    this.epochLength = this.#options.samples.length;
  }

  /** Pictures that failed after all; each has a stand-in. */
  get findings(): Finding[] {
    return this.#findings.list();
  }

  /** What step `step`, from 0, is to show. An epoch ends within a batch where it must; nothing is read. */
  placesAt(step: number): Place[] {
    const { batch, samples, seed } = this.#options;
    return Array.from({ length: batch }, (_, slot) => {
      const position = step * batch + slot;
      const epoch = Math.floor(position / this.epochLength);
      const place = permute(position % this.epochLength, this.epochLength, { seed, epoch });
      return this.placeOf(samples[place]!, epoch);
    });
  }

  /** The sample of that index as an epoch sees it. */
  placeOf(index: number, epoch: number): Place {
    const captions = this.#options.captionsOf(index);
    const [chance] = drawUniforms('caption', { seed: this.#options.seed, epoch }, index);
    return { index, epoch, caption: captions[Math.floor(chance! * captions.length)] };
  }

  /**
   * The batch of step `step`. The one after it is read meanwhile.
   *
   * @throws FormatError `E_DATA_BROKEN` where hardly any picture can be read; AbortedError `E_ABORTED`
   */
  async batchAt(step: number, signal?: AbortSignal): Promise<Batch> {
    if (!Number.isSafeInteger(step) || step < 0) throw argumentError('batchAt', 'step, a whole number from 0 on', step);
    const work = this.#ahead?.step === step ? this.#ahead.batch : this.readBatch(this.placesAt(step));
    const batch = await unlessAborted(work, signal);
    const next = this.readBatch(this.placesAt(step + 1));
    next.catch(() => {}); // whoever asks for it is told
    this.#ahead = { step: step + 1, batch: next };
    return batch;
  }

  /** The pixels of these places, as for `batchAt`. */
  async readBatch(places: readonly Place[]): Promise<Batch> {
    const { size } = this.#options;
    const length = 3 * size * size;
    const pixels = new Float32Array(places.length * length);
    const shown: Place[] = [];
    for (const place of places) {
      const { picture, place: actual } = await this.#showAny(place);
      pixels.set(toPixels(picture), shown.length * length);
      shown.push(actual);
    }
    return { pixels, places: shown };
  }

  /** The place, or the first of its stand-ins that can be shown. */
  async #showAny(wanted: Place): Promise<{ picture: Picture; place: Place }> {
    const { seed, samples } = this.#options;
    const { index, epoch } = wanted;
    for (let attempt = 0, place = wanted; attempt <= MOST_STAND_INS; attempt++) {
      const picture = await this.#show(place);
      if (picture) return { picture, place };
      const [chance] = drawUniforms('replacement', { seed, epoch }, index, attempt);
      place = this.placeOf(samples[Math.floor(chance! * samples.length)]!, epoch);
    }
    throw brokenError(this.#data.name, this.findings);
  }

  /** Undefined where the picture fails, which is counted once. */
  async #show({ index, epoch, caption }: Place): Promise<Picture | undefined> {
    if (this.#failed.has(index)) return undefined;
    const { seed, size, crop, flip } = this.#options;
    const key: DrawKey = { seed, epoch };
    const isMirrored = flip && !(caption && saysSides(caption)) && drawMirrored(key, index);
    try {
      return showPicture(await this.#readReduced(index), { size, crop, isMirrored }, key, index);
    } catch (error) {
      this.#findings.add(judgeFailure(error), this.#data.samples[index]!.id);
      this.#failed.add(index);
      return undefined;
    }
  }

  async #readReduced(index: number): Promise<Picture> {
    const kept = this.#kept.get(index);
    if (kept) return kept;
    const { smallest, keptBytes } = this.#options;
    const whole = await this.#data.readPicture(this.#data.samples[index]!);
    if (Math.min(whole.width, whole.height) < smallest) throw tooSmallError(smallest, whole.width, whole.height);
    const picture = reducePicture(whole, this.#options);
    if (this.#keptBytes + picture.data.length <= keptBytes) {
      this.#kept.set(index, picture);
      this.#keptBytes += picture.data.length;
    }
    return picture;
  }
}

function checkBatchOptions(data: DataSet, options: BatchOptions): void {
  checkObject('Batches', 'options', options);
  const { seed, batch, size, samples, crop = 'centre' } = options;
  const isCount = (value: unknown, least: number): boolean => Number.isSafeInteger(value) && Number(value) >= least;
  if (!isCount(seed, 0) || seed >= 2 ** 32)
    throw argumentError('Batches', 'seed, a whole number from 0 to 4294967295', seed);
  if (!isCount(batch, 1)) throw argumentError('Batches', 'batch, a positive whole number', batch);
  if (!isCount(size, 1)) throw argumentError('Batches', 'size, a positive whole number', size);
  const isIndex = (index: unknown): boolean => isCount(index, 0) && Number(index) < data.samples.length;
  if (samples) checkEach('Batches', 'samples', 'the index of a sample', samples, isIndex);
  if (samples?.length === 0) throw argumentError('Batches', 'samples, at least one', samples);
  if (crop === 'centre') return;
  const isShare = (value: number): boolean => value >= 0 && value <= 1;
  const { least, within } = crop;
  if (isShare(least) && least > 0 && within.every(isShare) && within[0] <= within[1]) return;
  throw argumentError('Batches', 'crop, centre or { least, within } of numbers in 0…1', crop);
}

function tooSmallError(smallest: number, width: number, height: number): FormatError {
  return new FormatError(
    'E_IMAGE_TOO_SMALL',
    `Batches: wanted pictures of at least ${smallest} pixels a side, but one has ${width} × ${height}. It is left out.`,
  );
}

function brokenError(name: string, findings: readonly Finding[]): FormatError {
  return new FormatError(
    'E_DATA_BROKEN',
    `Batches: wanted pictures from ${name}, but ${MOST_STAND_INS} in a row could not be read. Found: ` +
      `${findings.map(({ says }) => says).join('; ')}. The disk was probably taken away, or the data set moved; put it ` +
      'back and go on with --resume.',
  );
}
