/**
 * How much of scenes is in pictures of them, by attribute. A thing that is not found in its place has none of its
 * attributes right.
 */
import { listThings } from './world.mjs';

/**
 * Shares from 0 to 1. Of the pictures: `background` right, as many things as there should be (`count`), and all of it
 * right (`whole`). Of the things: something found in the `place`, and there the right `thing`, `colour`, `size`.
 *
 * @param pairs `{ scene, read }`: what should be there, and what `createReader` read
 */
export function scoreScenes(pairs) {
  const ofPictures = { background: 0, count: 0, whole: 0 };
  const ofThings = { place: 0, thing: 0, colour: 0, size: 0 };
  let things = 0;
  for (const { scene, read } of pairs) {
    const wanted = listThings(scene);
    things += wanted.length;
    let isWhole = read.background === scene.background && read.things.length === wanted.length;
    ofPictures.background += read.background === scene.background;
    ofPictures.count += read.things.length === wanted.length;
    for (const one of wanted) {
      const found = read.things.find(({ place }) => place === one.place);
      ofThings.place += found !== undefined;
      for (const attribute of ['thing', 'colour', 'size']) {
        const isRight = found?.[attribute] === one[attribute];
        ofThings[attribute] += isRight;
        isWhole &&= isRight;
      }
    }
    ofPictures.whole += isWhole;
  }
  const share = (counts, of) => Object.fromEntries(Object.entries(counts).map(([name, n]) => [name, n / of]));
  const { background, count, whole } = share(ofPictures, pairs.length);
  return { pictures: pairs.length, things, background, count, ...share(ofThings, things), whole };
}
