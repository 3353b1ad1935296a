/**
 * A look over a data set before anything is trained: which pictures are broken, too small or no pictures, which
 * captions are missing, too long or unknown, and what is left. By headers, all of it up to a bound; what looks cut
 * short is decoded, and a few others by chance.
 *
 * Pure: runs in Node and in the browser.
 */
import { argumentError, checkObject } from '../../base/check-argument.ts';
import { FormatError } from '../../base/errors.ts';
import { CaptionJudge, saysSides, type CaptionLimits } from './caption-limits.ts';
import type { DataSet } from './data-set.ts';
import { FindingCounts, type Finding } from './findings.ts';
import { lookAtHeader, lookAtPicture, type Verdict } from './look.ts';
import { pause } from './pause.ts';
import { permute } from './permutation.ts';
import type { Sample } from './sample.ts';

/** What a training needs of its data. */
export interface PreflightWants extends CaptionLimits {
  /** Pixels along each side of a picture as it is trained on. */
  readonly size: number;
  /** The least side of a picture in its file; those between it and `size` are enlarged [`size`]. */
  readonly smallest?: number;
  /** Whether a picture needs a caption, as it does for the transformer [false]. */
  readonly captions?: boolean;
  /** Whether captions that are too long are cut later, and so stay [false]. */
  readonly truncate?: boolean;
  /** Samples of a step: with fewer that can be used there is no training [8]. */
  readonly batch?: number;
  /** Headers that are read at most; of more pictures so many are taken by chance [50 000]. */
  readonly headers?: number;
  /** Pictures that are decoded by chance, and ten times as many that look cut short [32]. */
  readonly decodes?: number;
  readonly signal?: AbortSignal;
  /** Called with how many headers were read, and of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What a look found. */
export interface Preflight {
  /** Pictures in the data set. */
  readonly samples: number;
  /** Indices of those that can be used, in order. */
  readonly usable: Int32Array;
  /** What is the matter, listing included; `isSkipped` says what is left out. */
  readonly findings: readonly Finding[];
  readonly looked: { readonly headers: number; readonly decoded: number };
  /** The captions of a sample that can be used. */
  captionsOf(index: number): readonly string[];
}

/** Headers that are read at once. */
const AT_ONCE = 8;

/**
 * Looks over `data`.
 *
 * @throws FormatError `E_DATA_CAPTIONS` where captions are wanted and there is none, `E_DATA_FEW` where too few
 *   pictures are left
 * @throws AbortedError `E_ABORTED`
 */
export async function preflight(data: DataSet, wants: PreflightWants): Promise<Preflight> {
  checkWants(wants);
  const findings = new FindingCounts();
  const captions = new Map<number, readonly string[]>();
  const captioned = await lookAtCaptions(data, wants, findings, captions);
  const { left, looked } = await lookAtPictures(data, captioned, wants, findings);
  const all = [...data.findings, ...findings.list()];
  checkEnough(data, left.length, wants, all);
  return {
    samples: data.samples.length,
    usable: Int32Array.from(left, ({ index }) => index),
    findings: all,
    looked,
    captionsOf: (index) => captions.get(index) ?? data.samples[index]!.captions,
  };
}

function checkWants(wants: PreflightWants): void {
  checkObject('preflight', 'wants', wants);
  const { size, smallest = size, batch = 1, headers = 1, decodes = 0, textLength = 1 } = wants;
  for (const [name, value, least] of [
    ...([
      ['size', size, 1],
      ['smallest', smallest, 1],
      ['batch', batch, 1],
    ] as const),
    ...([
      ['headers', headers, 1],
      ['decodes', decodes, 0],
      ['textLength', textLength, 1],
    ] as const),
  ]) {
    if (Number.isSafeInteger(value) && value >= least) continue;
    throw argumentError('preflight', `${name}, a whole number from ${least} on`, value);
  }
}

/** The samples that have what is wanted of captions; `kept` learns of those that lost some. */
async function lookAtCaptions(
  { samples, name }: DataSet,
  wants: PreflightWants,
  findings: FindingCounts,
  kept: Map<number, readonly string[]>,
): Promise<readonly Sample[]> {
  if (!wants.captions) return samples;
  if (samples.every(({ captions }) => captions.length === 0)) throw noCaptionsError(name, samples);
  const judge = new CaptionJudge(wants);
  const left: Sample[] = [];
  for (const sample of samples) {
    if (sample.index % 1000 === 999) await pause('preflight', wants.signal);
    const { captions, id, index } = sample;
    if (captions.length === 0) findings.add('no-caption', id);
    const fitting: string[] = [];
    for (const caption of captions) {
      const isTooLong = await judge.isTooLong(caption);
      if (isTooLong) findings.add(wants.truncate ? 'cut' : 'too-long', id);
      if (isTooLong && !wants.truncate) continue;
      fitting.push(caption);
      if (await judge.hasUnknown(caption)) findings.add('unknown', id);
      if (saysSides(caption)) findings.add('sides', id);
    }
    if (fitting.length < captions.length) kept.set(index, fitting);
    if (fitting.length > 0) left.push(sample);
  }
  return left;
}

/** Those without what is known to be wrong. */
async function lookAtPictures(
  data: DataSet,
  samples: readonly Sample[],
  wants: PreflightWants,
  findings: FindingCounts,
): Promise<{ left: readonly Sample[]; looked: Preflight['looked'] }> {
  const { size, smallest = size, headers = 50_000, decodes = 32, signal, onProgress } = wants;
  const chosen = chooseByChance(samples, headers);
  const verdicts = new Map<Sample, Verdict>();
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < chosen.length; at = next++) {
      if (at % 256 === 0) await pause('preflight', signal);
      verdicts.set(chosen[at]!, await lookAtHeader(chosen[at]!, smallest));
      onProgress?.(verdicts.size, chosen.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const doubtful = chosen.filter((sample) => verdicts.get(sample) === 'doubtful').slice(0, decodes * 10);
  const fine = chosen.filter((sample) => verdicts.get(sample) === 'fine');
  const decoded = [...doubtful, ...chooseByChance(fine, decodes)];
  for (const sample of decoded) {
    await pause('preflight', signal);
    verdicts.set(sample, await lookAtPicture(data, sample, smallest));
  }
  const left = samples.filter((sample) => {
    const verdict = verdicts.get(sample) ?? 'fine';
    if (verdict === 'fine' || verdict === 'doubtful') return true;
    findings.add(verdict, sample.id);
    return false;
  });
  return { left, looked: { headers: chosen.length, decoded: decoded.length } };
}

/** At most `count` of them, in order. Which, is chance that is the same each time. */
function chooseByChance(samples: readonly Sample[], count: number): readonly Sample[] {
  if (samples.length <= count) return samples;
  const places = Array.from({ length: count }, (_, at) => permute(at, samples.length, { seed: 0, epoch: 0 }));
  return places.sort((a, b) => a - b).map((place) => samples[place]!);
}

function noCaptionsError(name: string, samples: readonly Sample[]): FormatError {
  return new FormatError(
    'E_DATA_CAPTIONS',
    `preflight: wanted captions, but none of the ${samples.length} pictures in ${name} has one. Put a text file beside ` +
      `each (${samples[0]!.id.replace(/\.[^.]*$/, '')}.txt, a caption in each line), or a file captions.jsonl with lines ` +
      'such as {"file": "a.png", "caption": "a red ball"}. The dVAE alone trains without captions.',
  );
}

function checkEnough(data: DataSet, left: number, { batch = 8 }: PreflightWants, findings: readonly Finding[]): void {
  if (left >= batch) return;
  const skipped = findings.filter(({ isSkipped }) => isSkipped).map(({ says }) => says);
  const reasons = skipped.length === 0 ? '' : ` Found: ${skipped.join('; ')}.`;
  throw new FormatError(
    'E_DATA_FEW',
    `preflight: wanted at least ${batch} pictures for a step, but ${data.name} has ${data.samples.length}, of which ` +
      `${left} can be used.${reasons} Add pictures, mend these, or train with a smaller batch or size.`,
  );
}
