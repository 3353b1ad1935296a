/**
 * The drawings of docs/07-attention-masks.md: of every mask what one token of a picture sees, and the whole matrix of a
 * small sequence. Each cell asks `sees` of ops/attention/mask.ts, and test/docs.test.ts compares the committed files
 * with what this module makes. To make them again: npx vitest run test/docs.test.ts -u
 */
import { sees, type Mask } from '../ops/attention/mask.ts';

/** By the name of the file, `images/mask-<name>.svg`. */
export const drawnMasks: Readonly<Record<string, Pick<Mask, 'kind' | 'kernel' | 'edges'>>> = {
  full: { kind: 'full', kernel: 1, edges: 'cut' },
  row: { kind: 'row', kernel: 1, edges: 'cut' },
  column: { kind: 'column', kernel: 1, edges: 'cut' },
  'conv-cut': { kind: 'conv', kernel: 3, edges: 'cut' },
  'conv-clamp': { kind: 'conv', kernel: 3, edges: 'clamp' },
  'conv-wrap': { kind: 'conv', kernel: 3, edges: 'wrap' },
  'axial-row': { kind: 'axial-row', kernel: 1, edges: 'cut' },
  'axial-conv': { kind: 'axial-conv', kernel: 3, edges: 'cut' },
};

/** The picture on the left: 6 text tokens above 8 × 8 image tokens, and the token that looks. */
const picture = { text: 6, grid: [8, 8] as const, looking: { row: 5, column: 6 } };
/** The matrix on the right: 4 text tokens and 5 × 5 image tokens. */
const matrix = { text: 4, grid: [5, 5] as const };

const cell = 22;
const dot = 8;
const top = 46;
const matrixLeft = 250;
const colours = { text: '#8fb8de', image: '#f2b880', looking: '#c0392b', nothing: '#eee', line: '#fff' } as const;

/** One mask as SVG text. */
export function drawMask(shape: Pick<Mask, 'kind' | 'kernel' | 'edges'>): string {
  const length = matrix.text + matrix.grid[0] * matrix.grid[1];
  const width = matrixLeft + length * dot + 20;
  const height = top + length * dot + 26;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="11" fill="#222">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="20" y="18">what one token (red) sees</text>`,
    ...drawPicture({ ...shape, text: picture.text, grid: picture.grid }),
    `<text x="${matrixLeft}" y="18">row: who looks, column: at whom</text>`,
    ...drawMatrix({ ...shape, text: matrix.text, grid: matrix.grid }),
    '</svg>',
    '',
  ].join('\n');
}

function drawPicture(mask: Mask): string[] {
  const [rows, columns] = mask.grid;
  const query = mask.text + picture.looking.row * columns + picture.looking.column;
  const colourOf = (key: number): string => {
    if (key === query) return colours.looking;
    if (!sees(mask, query, key)) return colours.nothing;
    return key < mask.text ? colours.text : colours.image;
  };
  const words = Array.from({ length: mask.text }, (_, key) => square(20 + key * cell, 28, cell, colourOf(key)));
  const tokens = Array.from({ length: rows * columns }, (_, place) => {
    const [row, column] = [Math.floor(place / columns), place % columns];
    return square(20 + column * cell, top + 14 + row * cell, cell, colourOf(mask.text + place));
  });
  return [...words, ...tokens];
}

/** A path for text keys and one for image keys: a square for every pair that is seen. */
function drawMatrix(mask: Mask): string[] {
  const length = mask.text + mask.grid[0] * mask.grid[1];
  const all = Array.from(
    { length: length * length },
    (_, index) => [Math.floor(index / length), index % length] as const,
  );
  const draw = (colour: string, wanted: (key: number) => boolean): string => {
    const seen = all.filter(([query, key]) => wanted(key) && sees(mask, query, key));
    const path = seen.map(([query, key]) => `M${matrixLeft + key * dot} ${28 + query * dot}h7v7h-7z`).join('');
    return `<path fill="${colour}" d="${path}"/>`;
  };
  const border = mask.text * dot - 0.5;
  const side = length * dot;
  return [
    `<rect x="${matrixLeft - 1}" y="27" width="${side + 1}" height="${side + 1}" fill="${colours.nothing}"/>`,
    draw(colours.text, (key) => key < mask.text),
    draw(colours.image, (key) => key >= mask.text),
    `<path stroke="#888" d="M${matrixLeft + border} 27v${side + 1}M${matrixLeft - 1} ${28 + border}h${side + 1}"/>`,
  ];
}

function square(x: number, y: number, size: number, fill: string): string {
  return `<rect x="${x}" y="${y}" width="${size}" height="${size}" fill="${fill}" stroke="${colours.line}"/>`;
}
