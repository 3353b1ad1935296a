/**
 * Captions of scenes by a grammar: "a small red heart at the top left and two large blue cars ...". One scene has many:
 * other words for the same, with articles or without, the background first or last, the things in any order. Some leave
 * out the background, the places or the sizes, and so does who writes "red heart": a model that has read such captions
 * chooses for itself, and draws another picture each time. At most 24 words, which a scene of three things may take.
 */
import { pick, shuffle, THINGS } from './world.mjs';

export const MOST_WORDS = 24;

/** The words of each name; the first is the plainest. */
const SIZE_WORDS = { small: ['small', 'little', 'tiny'], large: ['large', 'big'], huge: ['huge', 'giant'] };
const BACKGROUND_WORDS = {
  white: { after: ['on white', 'on a white background'], before: ['white background'] },
  sky: { after: ['on sky', 'in the sky'], before: ['sky'] },
  sand: { after: ['on sand', 'on the sand'], before: ['sand'] },
  night: { after: ['on night', 'at night'], before: ['night'] },
};
/** How often a caption leaves out the background; the places; the sizes. Things and colours are always told. */
const LEFT_OUT = 0.15;
const COUNT_WORDS = ['', 'a', 'two', 'three', 'four'];

/** The plainest caption of a scene: what is asked for where nobody says how. */
export function describePlainly(scene) {
  return write(scene.groups, scene.background, () => 0);
}

/** A caption of a scene, chosen by `uniform()`, which gives the next number in [0, 1). */
export function describeScene(scene, uniform) {
  const groups = shuffle(scene.groups, uniform);
  for (let attempt = 0; attempt < 8; attempt++) {
    const caption = write(groups, scene.background, uniform);
    if (countWords(caption) <= MOST_WORDS) return caption;
  }
  return write(groups, scene.background, () => 0);
}

export function countWords(caption) {
  return caption.split(' ').length;
}

/** Where `uniform()` gives nothing but 0, the plainest words, and nothing left out. */
function write(groups, background, uniform) {
  const form = {
    hasArticles: uniform() >= 0.5,
    hasPrepositions: uniform() >= 0.5,
    hasPlaces: uniform() < 1 - LEFT_OUT,
    hasSizes: uniform() < 1 - LEFT_OUT,
  };
  const things = groups.map((group) => writeGroup(group, form, uniform)).join(' and ');
  if (uniform() >= 1 - LEFT_OUT) return things;
  const { before, after } = BACKGROUND_WORDS[background];
  return uniform() < 0.7 ? `${things} ${pick(after, uniform)}` : `${pick(before, uniform)} with ${things}`;
}

function writeGroup({ thing, colour, size, places }, form, uniform) {
  const count = places.length;
  const { name, plural } = THINGS.find((known) => known.name === thing);
  const words = [
    ...(count > 1 || form.hasArticles ? [COUNT_WORDS[count]] : []),
    ...(form.hasSizes ? [pick(SIZE_WORDS[size], uniform)] : []),
    ...[colour, count === 1 ? name : plural],
    ...(form.hasPlaces ? writePlaces(places, form.hasPrepositions) : []),
  ].join(' ');
  return words.replace(/^a orange/, 'an orange');
}

/** Four things take every place, and what is huge the middle: there is nothing to say of either but "in the centre". */
function writePlaces(places, hasPrepositions) {
  if (places.length === 4) return [];
  if (places[0] === 'centre') return hasPrepositions ? ['in the centre'] : [];
  return [...(hasPrepositions ? ['at the'] : []), ...places];
}
