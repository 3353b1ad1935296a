/**
 * A look at the file of a sample: by its first and last bytes, and where those leave doubts by decoding it.
 *
 * Pure: runs in Node and in the browser.
 */
import { DalleError } from '../../base/errors.ts';
import { measurePicture, TAIL_BYTES } from '../../images/measure.ts';
import { MAX_PIXELS } from '../../images/picture.ts';
import type { DataSet } from './data-set.ts';
import type { FindingKind } from './findings.ts';
import type { Sample } from './sample.ts';

/** Most headers lie within; what is larger is read whole where they do not. */
const HEAD_BYTES = 65_536;

/** What is the matter with a picture, or `doubtful`: it does not end as pictures do, and only decoding tells. */
export type Verdict = 'fine' | 'doubtful' | FindingKind;

/** By the bytes. */
export async function lookAtHeader(sample: Sample, smallest: number): Promise<Verdict> {
  try {
    const { width, height, endsWell } = await measureSample(sample);
    if (width * height > MAX_PIXELS) return 'too-large';
    if (Math.min(width, height) < smallest) return 'too-small';
    return endsWell ? 'fine' : 'doubtful';
  } catch (error) {
    return judgeFailure(error);
  }
}

/** By decoding it. */
export async function lookAtPicture(data: DataSet, sample: Sample, smallest: number): Promise<Verdict> {
  try {
    const { width, height } = await data.readPicture(sample);
    return Math.min(width, height) < smallest ? 'too-small' : 'fine';
  } catch (error) {
    return judgeFailure(error);
  }
}

/** What a failure to read or decode a picture is called. Throws what is no failure of a picture on. */
export function judgeFailure(error: unknown): FindingKind {
  if (!(error instanceof DalleError) || error.code === 'E_ABORTED') throw error;
  switch (error.code) {
    case 'E_IMAGE_KIND':
      return 'not-a-picture';
    case 'E_IMAGE_TOO_SMALL':
      return 'too-small';
    case 'E_IMAGE_TOO_LARGE':
    case 'E_MEMORY':
      return 'too-large';
    default:
      return /^E_FILE_/.test(error.code) ? 'not-read' : 'broken';
  }
}

async function measureSample({ file, offset, size, id }: Sample): Promise<ReturnType<typeof measurePicture>> {
  const source = await file.open();
  try {
    const head = await source.read(offset, Math.min(size, HEAD_BYTES));
    if (head.length === size) return measurePicture(head, head, id);
    const tail = await source.read(offset + size - TAIL_BYTES, TAIL_BYTES);
    try {
      return measurePicture(head, tail, id);
    } catch {
      return measurePicture(await source.read(offset, size), tail, id);
    }
  } finally {
    await source.close?.();
  }
}
