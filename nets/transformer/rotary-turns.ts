/**
 * How far each position turns its queries, keys and values, as in DALLE-pytorch: a third of the pairs by the place in
 * the text, at frequencies of language, a third each by the row and the column, at frequencies of pixels. An image is
 * at place 8192 of the text; the text is at row and column −10 of a picture that reaches from −1 to 1.
 *
 * Angles are computed in float32, step by step as torch does, because such models were trained with those: at place
 * 8192 the last bit of a frequency is half a thousandth of a turn.
 */
import { imagePositions, textPositions, type TransformerArchitecture } from './architecture.ts';

const PLACE_OF_IMAGES = 8192;
const SIDE_OF_TEXT = -10;
const LONGEST_WAVE = 10_000;
const HIGHEST_PIXEL_FREQUENCY = 5;

/** Angles [T, P], row-major: P pairs of each vector turn, in three groups. P is 0 for heads of fewer than 6. */
export function listAngles(architecture: TransformerArchitecture): Float32Array {
  const { grid, head_size } = architecture;
  const words = textPositions(architecture);
  const rotated = Math.floor(head_size / 3);
  const pairs = Math.floor(rotated / 2);
  const language = Float32Array.from({ length: pairs }, (_, pair) => {
    return 1 / Math.fround(LONGEST_WAVE ** Math.fround((2 * pair) / rotated));
  });
  const pixels = spread(1, HIGHEST_PIXEL_FREQUENCY, pairs).map((frequency) => frequency * Math.fround(Math.PI));
  const [rows, columns] = [spread(-1, 1, grid[0]), spread(-1, 1, grid[1])];
  const length = words + imagePositions(architecture);
  const angles = new Float32Array(length * 3 * pairs);
  for (let position = 0; position < length; position++) {
    const image = position - words;
    const places =
      image < 0
        ? [position, SIDE_OF_TEXT, SIDE_OF_TEXT]
        : [PLACE_OF_IMAGES, rows[Math.floor(image / grid[1])]!, columns[image % grid[1]]!];
    places.forEach((place, group) => {
      const frequencies = group === 0 ? language : pixels;
      frequencies.forEach((frequency, pair) => {
        angles[(position * 3 + group) * pairs + pair] = place * frequency;
      });
    });
  }
  return angles;
}

/** The table of the `rotary` op, [T, head size]: cosine and sine of each pair, 1 and 0 for pairs that do not turn. */
export function tabulateTurns(architecture: TransformerArchitecture): Float32Array {
  const { head_size } = architecture;
  const length = textPositions(architecture) + imagePositions(architecture);
  const angles = listAngles(architecture);
  const pairs = angles.length / length;
  return Float32Array.from({ length: length * head_size }, (_, index) => {
    const [position, d] = [Math.floor(index / head_size), index % head_size];
    const angle = d < 2 * pairs ? angles[position * pairs + (d >> 1)]! : 0;
    return d % 2 === 0 ? Math.cos(angle) : Math.sin(angle);
  });
}

/** `count` numbers from `first` to `last` in even steps, each half counted from its own end, as torch does. */
function spread(first: number, last: number, count: number): Float32Array {
  const step = Math.fround((last - first) / Math.max(1, count - 1));
  return Float32Array.from({ length: count }, (_, index) =>
    index < count / 2 ? first + step * index : last - step * (count - 1 - index),
  );
}
