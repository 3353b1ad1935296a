/**
 * The picture of a scene: its background, and each thing laid on it in the middle of its place. Nothing is random, so a
 * scene has one picture, and a picture can be read back (read-scene.mjs).
 */
import { BACKGROUNDS, listThings, PLACES, SIDE } from './world.mjs';

/** `{ width, height, data }`, RGB bytes. `sprites` is what `readSprites` gives. */
export function drawScene(scene, sprites) {
  const levels = paint(SIDE, scene.background);
  for (const { thing, colour, size, place } of listThings(scene)) {
    const { x, y } = PLACES.find(({ name }) => name === place);
    lay(levels, SIDE, sprites(thing, colour, size), x, y);
  }
  return { width: SIDE, height: SIDE, data: Uint8Array.from(levels, Math.round) };
}

/** One thing in the middle of a background of `side` pixels, as `drawScene` draws it: RGB bytes. */
export function drawAlone(background, sprite, side) {
  const levels = paint(side, background);
  if (sprite) lay(levels, side, sprite, side / 2, side / 2);
  return Uint8Array.from(levels, Math.round);
}

function paint(side, background) {
  const { colour } = BACKGROUNDS.find(({ name }) => name === background);
  return Float64Array.from({ length: side * side * 3 }, (_, i) => colour[i % 3]);
}

/** Lays a sprite with its middle at (x, y). */
function lay(levels, width, { side, rgba }, x, y) {
  const [left, top] = [x - side / 2, y - side / 2];
  for (let at = 0; at < side * side; at++) {
    const to = ((top + Math.floor(at / side)) * width + left + (at % side)) * 3;
    const alpha = rgba[at * 4 + 3];
    for (let channel = 0; channel < 3; channel++) {
      levels[to + channel] += (rgba[at * 4 + channel] * 255 - levels[to + channel]) * alpha;
    }
  }
}
