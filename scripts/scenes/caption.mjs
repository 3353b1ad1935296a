/**
 * Captions of scenes by a grammar: "a small red heart at the top left and two large blue cars ...". One scene has many:
 * other words for the same, with articles or without, the background first or last, the things in either order. At most
 * 24 words, which is what the longest form of a scene of three things may take.
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

function write(groups, background, uniform) {
  const hasArticles = uniform() >= 0.5;
  const hasPrepositions = uniform() >= 0.5;
  const things = groups.map((group) => writeGroup(group, { hasArticles, hasPrepositions }, uniform)).join(' and ');
  const { before, after } = BACKGROUND_WORDS[background];
  return uniform() < 0.7 ? `${things} ${pick(after, uniform)}` : `${pick(before, uniform)} with ${things}`;
}

function writeGroup({ thing, colour, size, places }, { hasArticles, hasPrepositions }, uniform) {
  const count = places.length;
  const { name, plural } = THINGS.find((known) => known.name === thing);
  const subject = `${pick(SIZE_WORDS[size], uniform)} ${colour} ${count === 1 ? name : plural}`;
  const article = count > 1 || hasArticles ? `${COUNT_WORDS[count]} ` : '';
  return `${article}${subject}${writePlaces(places, hasPrepositions)}`;
}

/** Four things take every place, and what is huge the middle: there is nothing to say of either but "in the centre". */
function writePlaces(places, hasPrepositions) {
  if (places.length === 4) return '';
  if (places[0] === 'centre') return hasPrepositions ? ' in the centre' : '';
  return `${hasPrepositions ? ' at the ' : ' '}${places.join(' ')}`;
}
