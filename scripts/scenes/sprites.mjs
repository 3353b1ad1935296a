/**
 * The things of the scenes as pixels. `sprites.png` holds each once a size, in the colours of its icon: colours (not
 * multiplied by alpha) in the upper half, alpha as grey in the lower, one row a thing, one column a size.
 *
 * A colour is given to a thing by turning its chief hue: the eyes, windows and stems of other hues stay as they are.
 */
import { fileURLToPath } from 'node:url';
import { COLOURS, SIZES, THINGS } from './world.mjs';

export const sheetFile = fileURLToPath(new URL('sprites.png', import.meta.url));

const ROW = Math.max(...SIZES.map(({ side }) => side));
const LEFTS = SIZES.map((_, i) => SIZES.slice(0, i).reduce((sum, { side }) => sum + side, 0));
const WIDTH = SIZES.reduce((sum, { side }) => sum + side, 0);
const HALF = ROW * THINGS.length;

/** Pixels less colourful than this have no hue to turn; hues further than `HUE_REACH` degrees are another colour. */
const LEAST_CHROMA = 0.12;
const HUE_REACH = 45;
const LEAST_SATURATION = 0.72;

/** The sheet of `pixels[thing][size]`, RGBA bytes whose colours are multiplied by alpha. */
export function layOutSheet(pixels) {
  const data = new Uint8Array(WIDTH * HALF * 2 * 3);
  pixels.forEach((sizes, thing) =>
    sizes.forEach((rgba, size) => {
      const { side } = SIZES[size];
      for (let at = 0; at < side * side; at++) {
        const [upper, lower] = addressOf(thing, size, at);
        const alpha = rgba[at * 4 + 3];
        for (let channel = 0; channel < 3; channel++) {
          const level = alpha === 0 ? 0 : Math.round((rgba[at * 4 + channel] * 255) / alpha);
          data[upper + channel] = Math.min(255, level);
          data[lower + channel] = alpha;
        }
      }
    }),
  );
  return { width: WIDTH, height: HALF * 2, data };
}

/**
 * Every thing in every colour and size, as a function: `sprites(thing, colour, size)`, all by name, gives
 * `{ side, rgba }` with levels from 0 to 1.
 */
export function readSprites(sheet) {
  const known = new Map();
  THINGS.forEach(({ name }, thing) => {
    const plain = SIZES.map(({ side }, size) => ({ side, rgba: cutOut(sheet, thing, size) }));
    // The chief hue is the thing's, not the size's: of the largest.
    const chief = findChiefHue(plain.at(-1).rgba);
    for (const colour of COLOURS) {
      plain.forEach(({ side, rgba }, size) => {
        known.set([name, colour.name, SIZES[size].name].join(), { side, rgba: turnHue(rgba, chief, colour) });
      });
    }
  });
  return (thing, colour, size) => known.get([thing, colour, size].join());
}

/** Where the pixel `at` of a sprite begins in the bytes of the sheet: its colour, its alpha. */
function addressOf(thing, size, at) {
  const { side } = SIZES[size];
  const y = thing * ROW + Math.floor(at / side);
  const x = LEFTS[size] + (at % side);
  return [(y * WIDTH + x) * 3, ((y + HALF) * WIDTH + x) * 3];
}

function cutOut(sheet, thing, size) {
  const { side } = SIZES[size];
  const rgba = new Float32Array(side * side * 4);
  for (let at = 0; at < side * side; at++) {
    const [upper, lower] = addressOf(thing, size, at);
    for (let channel = 0; channel < 3; channel++) rgba[at * 4 + channel] = sheet.data[upper + channel] / 255;
    rgba[at * 4 + 3] = sheet.data[lower] / 255;
  }
  return rgba;
}

/** The hue with most colour around it, and the mean lightness of what has it. */
function findChiefHue(rgba) {
  const weights = new Float64Array(360);
  const pixels = [];
  for (let at = 0; at < rgba.length; at += 4) {
    const pixel = toHsl(rgba[at], rgba[at + 1], rgba[at + 2]);
    if (rgba[at + 3] < 0.5 || pixel.chroma < LEAST_CHROMA) continue;
    weights[Math.floor(pixel.hue) % 360] += pixel.chroma;
    pixels.push(pixel);
  }
  const around = (hue) => weights.reduce((sum, weight, other) => sum + (distance(hue, other) <= 20 ? weight : 0), 0);
  const sums = Array.from(weights, (_, hue) => around(hue));
  const hue = sums.indexOf(Math.max(...sums));
  const own = pixels.filter((pixel) => distance(pixel.hue, hue) <= HUE_REACH);
  return { hue, lightness: own.reduce((sum, pixel) => sum + pixel.lightness, 0) / own.length };
}

function turnHue(rgba, chief, { hue, lightness }) {
  const turned = rgba.slice();
  for (let at = 0; at < rgba.length; at += 4) {
    const pixel = toHsl(rgba[at], rgba[at + 1], rgba[at + 2]);
    if (pixel.chroma < LEAST_CHROMA || distance(pixel.hue, chief.hue) > HUE_REACH) continue;
    // A hue beside the chief one stays beside it, at half the distance: colours must not run into one another.
    const beside = ((pixel.hue - chief.hue + 540) % 360) - 180;
    const level = Math.min(0.95, Math.max(0.05, lightness + pixel.lightness - chief.lightness));
    turned.set(toRgb(hue + beside / 2, Math.max(LEAST_SATURATION, pixel.saturation), level), at);
  }
  return turned;
}

function distance(one, other) {
  const apart = Math.abs(one - other) % 360;
  return Math.min(apart, 360 - apart);
}

/** Hue in degrees, the rest from 0 to 1. */
function toHsl(r, g, b) {
  const [most, least] = [Math.max(r, g, b), Math.min(r, g, b)];
  const chroma = most - least;
  const lightness = (most + least) / 2;
  if (chroma === 0) return { hue: 0, saturation: 0, lightness, chroma };
  const sixth = most === r ? (g - b) / chroma : most === g ? (b - r) / chroma + 2 : (r - g) / chroma + 4;
  const saturation = Math.min(1, chroma / (1 - Math.abs(2 * lightness - 1)));
  return { hue: (sixth * 60 + 360) % 360, saturation, lightness, chroma };
}

function toRgb(hue, saturation, lightness) {
  const reach = saturation * Math.min(lightness, 1 - lightness);
  return [0, 8, 4].map((offset) => {
    const sixth = (offset + hue / 30 + 12) % 12;
    return lightness - reach * Math.max(-1, Math.min(sixth - 3, 9 - sixth, 1));
  });
}
