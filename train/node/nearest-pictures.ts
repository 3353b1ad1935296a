/** Which picture of a training set is nearest to one that was drawn: by squared differences of small versions. */
import { resizeLanczos } from '../../images/lanczos.ts';
import type { Picture } from '../../images/picture.ts';
import { fromPixels } from '../../images/tensor.ts';
import type { Batches } from '../data/batches.ts';

/** Pictures with small versions of themselves. */
export type Thumbnails = readonly { readonly picture: Picture; readonly small: Picture }[];

/** Pixels along each side of a small version. */
const SIDE = 16;
/** Pictures that are read at once. */
const AT_ONCE = 32;

/** Reads the pictures of these samples. */
export async function makeThumbnails(batches: Batches, samples: Int32Array): Promise<Thumbnails> {
  const made: { picture: Picture; small: Picture }[] = [];
  for (let start = 0; start < samples.length; start += AT_ONCE) {
    const places = Array.from(samples.slice(start, start + AT_ONCE), (index) => batches.placeOf(index, 0));
    const { pixels } = await batches.readBatch(places);
    const side = Math.sqrt(pixels.length / (3 * places.length));
    for (const picture of fromPixels(pixels, [places.length, 3, side, side]))
      made.push({ picture, small: shrink(picture) });
  }
  return made;
}

/** The nearest of at least one. */
export function findNearest(thumbnails: Thumbnails, drawn: Picture): Picture {
  const small = shrink(drawn);
  const distances = thumbnails.map((each) =>
    each.small.data.reduce((sum, value, at) => sum + (value - small.data[at]!) ** 2, 0),
  );
  return thumbnails[distances.indexOf(Math.min(...distances))]!.picture;
}

function shrink(picture: Picture): Picture {
  return picture.width <= SIDE ? picture : resizeLanczos(picture, SIDE, SIDE);
}
