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
/** The side of the blocks whose means are compared first. */
const BLOCK = 4;

/** `read(picture)` gives `{ background, things: [{ thing, colour, size, place }] }`, things in the order of places. */
export function createReader(sprites) {
  const explanations = BACKGROUNDS.map(({ name }) => ({
    background: name,
    cells: [withMeans(drawAlone(name, undefined, CELL), CELL), ...drawAll(sprites, name, ['small', 'large'], CELL)],
    whole: drawAll(sprites, name, ['huge'], SIDE),
  }));
  return ({ width, height, data }) => {
    if (width !== SIDE || height !== SIDE)
      throw new RangeError(`read: wanted ${SIDE} × ${SIDE}, got ${width} × ${height}`);
    const cells = CORNERS.map(({ x, y }) => withMeans(cutCell(data, x - CELL / 2, y - CELL / 2), CELL));
    const whole = withMeans(data, SIDE);
    const read = explanations.map(({ background, ...templates }) => ({
      background,
      ...explain(whole, cells, templates),
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
        ...withMeans(drawAlone(background, sprites(thing, colour, size), side), side),
      })),
    ),
  );
}

function explain(whole, cells, templates) {
  const found = cells.map((cell, i) => ({ ...findNearest(cell, templates.cells), place: CORNERS[i].name }));
  const grid = {
    error: found.reduce((sum, { error }) => sum + error, 0),
    things: found.flatMap(({ thing, place }) => (thing ? [{ ...thing, place }] : [])),
  };
  const { error, thing } = findNearest(whole, templates.whole);
  return error < grid.error ? { error, things: [{ ...thing, place: 'centre' }] } : grid;
}

/**
 * The template with the least squared error, and that error. The means of blocks alone tell the least that a template's
 * error can be (Cauchy and Schwarz): those with little come first, and soon all others are known to be further away.
 */
function findNearest({ pixels, means }, templates) {
  const bounds = templates.map((template) => BLOCK * BLOCK * squaredError(means, template.means));
  const order = [...templates.keys()].sort((one, other) => bounds[one] - bounds[other]);
  let best = { error: Infinity };
  for (const i of order) {
    // The bound is a sum of fractions, the error of whole numbers.
    if (bounds[i] > best.error + 1e-6 * best.error) break;
    const error = squaredError(pixels, templates[i].pixels);
    if (error < best.error) best = { error, thing: templates[i].thing };
  }
  return best;
}

function squaredError(one, other) {
  let sum = 0;
  for (let i = 0; i < one.length; i++) sum += (one[i] - other[i]) ** 2;
  return sum;
}

/** Pixels (RGB bytes) beside the mean colours of their blocks. */
function withMeans(pixels, side) {
  const across = side / BLOCK;
  const means = new Float64Array(across * across * 3);
  for (let i = 0; i < pixels.length; i++) {
    const [x, y] = [Math.floor(i / 3) % side, Math.floor(i / 3 / side)];
    means[(Math.floor(y / BLOCK) * across + Math.floor(x / BLOCK)) * 3 + (i % 3)] += pixels[i] / BLOCK ** 2;
  }
  return { pixels, means };
}

function cutCell(data, left, top) {
  const cell = new Uint8Array(CELL * CELL * 3);
  for (let y = 0; y < CELL; y++) {
    const from = ((top + y) * SIDE + left) * 3;
    cell.set(data.subarray(from, from + CELL * 3), y * CELL * 3);
  }
  return cell;
}
