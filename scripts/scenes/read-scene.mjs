/**
 * Reads a picture back without a net: the scene whose picture differs least from it, by squared error, among all that
 * the world has. Every cell of the grid is explained by itself (nothing, or a thing in a colour and size), against each
 * background; or the whole picture by one huge thing.
 *
 * What is read is always some scene: a grey smear is read too, as whatever it resembles most.
 */
import { drawAlone } from './draw-scene.mjs';
import { BACKGROUNDS, CELL, COLOURS, PLACES, SIDE, THINGS } from './world.mjs';

const CORNERS = PLACES.slice(0, 4);

/** `read(picture)` gives `{ background, things: [{ thing, colour, size, place }] }`, things in the order of places. */
export function createReader(sprites) {
  const explanations = BACKGROUNDS.map(({ name }) => ({
    background: name,
    cells: [{ pixels: drawAlone(name, undefined, CELL) }, ...drawAll(sprites, name, ['small', 'large'], CELL)],
    whole: drawAll(sprites, name, ['huge'], SIDE),
  }));
  return ({ width, height, data }) => {
    if (width !== SIDE || height !== SIDE)
      throw new RangeError(`read: wanted ${SIDE} × ${SIDE}, got ${width} × ${height}`);
    const cells = CORNERS.map(({ x, y }) => cutCell(data, x - CELL / 2, y - CELL / 2));
    const read = explanations.map(({ background, ...templates }) => ({
      background,
      ...explain(data, cells, templates),
    }));
    const { background, things } = read.reduce((best, other) => (other.error < best.error ? other : best));
    return { background, things };
  };
}

function drawAll(sprites, background, sizes, side) {
  return sizes.flatMap((size) =>
    THINGS.flatMap(({ name: thing }) =>
      COLOURS.map(({ name: colour }) => ({
        thing: { thing, colour, size },
        pixels: drawAlone(background, sprites(thing, colour, size), side),
      })),
    ),
  );
}

function explain(data, cells, templates) {
  const found = cells.map((cell, i) => ({ ...findNearest(cell, templates.cells), place: CORNERS[i].name }));
  const grid = {
    error: found.reduce((sum, { error }) => sum + error, 0),
    things: found.flatMap(({ thing, place }) => (thing ? [{ ...thing, place }] : [])),
  };
  const { error, thing } = findNearest(data, templates.whole);
  return error < grid.error ? { error, things: [{ ...thing, place: 'centre' }] } : grid;
}

function findNearest(pixels, templates) {
  let best = { error: Infinity };
  for (const template of templates) {
    const error = squaredError(pixels, template.pixels, best.error);
    if (error < best.error) best = { error, thing: template.thing };
  }
  return best;
}

/** The sum of squared differences, or a part of it that is more than `most`. */
function squaredError(one, other, most) {
  let sum = 0;
  for (let from = 0; from < one.length && sum < most; from += CELL * 3) {
    for (let i = from; i < from + CELL * 3; i++) sum += (one[i] - other[i]) ** 2;
  }
  return sum;
}

function cutCell(data, left, top) {
  const cell = new Uint8Array(CELL * CELL * 3);
  for (let y = 0; y < CELL; y++) {
    const from = ((top + y) * SIDE + left) * 3;
    cell.set(data.subarray(from, from + CELL * 3), y * CELL * 3);
  }
  return cell;
}
