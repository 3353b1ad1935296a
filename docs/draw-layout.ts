/**
 * The drawing in engine/README.md: one small tensor, pixel by pixel, and the texels it lives in. Every cell is placed
 * by engine/gl/layout.ts itself, and test/docs.test.ts compares the committed file with what this module makes, so the
 * drawing cannot disagree with the engine. To make it again: npx vitest run test/docs.test.ts -u
 */
import { layoutOf, placeOf, type Layout } from '../engine/gl/layout.ts';

/** f32 [1, 6, 4, 10] made by draws of four render targets: nothing divides evenly. */
const exampleLayout: Layout = layoutOf(
  { shape: [1, 6, 4, 10], dtype: 'f32' },
  { width: 4, height: 1 },
  { maxTextureSize: 8192 },
);

/** The block that is outlined, in quad 0: pixels 4 to 7 of row 2. */
const outlined = { blockX: 1, blockY: 2 };

const cell = 22;
const left = 26;
const picturesTop = 58;
const layersTop = 216;
/** A hue for each column of blocks. */
const hues = [205, 150, 35];

interface Cell {
  readonly x: number;
  readonly y: number;
  readonly fill: string;
  readonly label: string;
  readonly isOutlined: boolean;
}

/** The whole drawing as SVG text. */
export function drawLayout(layout: Layout = exampleLayout): string {
  const { grid, quads, targets, texture } = layout;
  const quadTitles = ['channels 0 to 3', 'channels 4 and 5'];
  const pictures = Array.from({ length: quads }, (_, quad) => {
    const at = left + quad * (grid.w * cell + 44);
    return [
      text(at, picturesTop - 24, `quad ${quad}: ${quadTitles[quad]}`),
      ...numbers(at, picturesTop, grid.w, grid.h),
      ...drawCells(at, picturesTop, pictureCells(layout, quad)),
    ];
  });
  const layers = Array.from({ length: targets }, (_, layer) => {
    const at = left + layer * (texture.width * cell + 26);
    return [
      text(at, layersTop - 24, `layer ${layer} = render target ${layer}`),
      ...numbers(at, layersTop, texture.width, texture.height),
      ...drawCells(at, layersTop, layerCells(layout, layer)),
    ];
  });
  const width = left + targets * (texture.width * cell + 26);
  const height = layersTop + texture.height * cell + 44;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="11" fill="#222">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    text(left, 16, `The tensor [${layout.shape.join(', ')}]: each cell is one pixel, with the four channels of a quad`),
    ...pictures.flat(),
    text(left, 174, `Its texture, ${texture.width} × ${texture.height} texels in ${texture.layers} layers:`),
    ...layers.flat(),
    text(left, height - 14, 'Numbers in cells: x of the pixel. Grey: zeros. Outlined: what one fragment shader makes.'),
    '</svg>',
    '',
  ].join('\n');
}

function pictureCells(layout: Layout, quad: number): Cell[] {
  const { grid, block } = layout;
  return Array.from({ length: grid.h * grid.w }, (_, index) => {
    const y = Math.floor(index / grid.w);
    const x = index % grid.w;
    const blockX = Math.floor(x / block.width);
    const isOutlined = quad === 0 && y === outlined.blockY && blockX === outlined.blockX;
    return { x, y, fill: colour(blockX, quad), label: String(x), isOutlined };
  });
}

/** What one layer holds: for every plane and block the pixel of this layer's place in the block. */
function layerCells(layout: Layout, layer: number): Cell[] {
  const { grid, block, planes, tile } = layout;
  return Array.from({ length: planes * tile.height * tile.width }, (_, index) => {
    const plane = Math.floor(index / (tile.height * tile.width));
    const blockY = Math.floor(index / tile.width) % tile.height;
    const blockX = index % tile.width;
    const place = placeOf(layout, plane, blockY, blockX);
    const x = blockX * block.width + layer;
    const exists = x < grid.w;
    const isOutlined = plane === 0 && blockY === outlined.blockY && blockX === outlined.blockX;
    const fill = exists ? colour(blockX, plane) : '#ddd';
    return { x: place.x, y: place.y, fill, label: exists ? String(x) : '0', isOutlined };
  });
}

/** The second quad is paler. */
function colour(blockX: number, quad: number): string {
  return `hsl(${hues[blockX]} 60% ${quad === 0 ? 68 : 86}%)`;
}

function drawCells(left: number, top: number, cells: readonly Cell[]): string[] {
  const ordered = [...cells].sort((a, b) => Number(a.isOutlined) - Number(b.isOutlined));
  return ordered.flatMap(({ x, y, fill, label, isOutlined }) => {
    const stroke = isOutlined ? 'stroke="#000" stroke-width="2.5"' : 'stroke="#fff"';
    const at = { x: left + x * cell, y: top + y * cell };
    return [
      `<rect x="${at.x}" y="${at.y}" width="${cell}" height="${cell}" fill="${fill}" ${stroke}/>`,
      text(at.x + cell / 2, at.y + 15, label, 'middle'),
    ];
  });
}

/** Coordinates above and to the left of a grid of cells. */
function numbers(left: number, top: number, width: number, height: number): string[] {
  const grey = 'fill="#888" font-size="9"';
  return [
    ...Array.from({ length: width }, (_, x) => text(left + (x + 0.5) * cell, top - 5, String(x), 'middle', grey)),
    ...Array.from({ length: height }, (_, y) => text(left - 5, top + y * cell + 14, String(y), 'end', grey)),
  ];
}

function text(x: number, y: number, words: string, anchor = 'start', more = ''): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}"${more && ` ${more}`}>${words}</text>`;
}
