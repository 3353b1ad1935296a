/**
 * The frame every fragment shader shares: header, outputs, which block of the result this fragment makes, and the
 * rule that lanes beyond C and pixels beyond H and W are zero. An op writes only what lies between.
 */
import { checkObject, checkText } from '../../base/check-argument.ts';
import type { Block, Layout, ShaderCall } from '../../engine/index.ts';
import { declareOperands, divide, floatLiteral, modulo, texelType } from './accessors.ts';
import { packFunctions } from './halves.ts';

/**
 * For shaders with loops of their own: one pixel a fragment. A driver that unrolls such a loop in R × 4 inlined copies
 * takes minutes to compile it.
 */
export const singlePixelBlock: Block = { width: 1, height: 1 };

/**
 * What a shader body may use: `n`, `y0`, `x0`, the block's first pixel, and which channels it makes: `quad`, channels
 * 4·quad … +3. Of an f16 result it makes eight: `octet`, and its quads `quad_0`, `quad_1`.
 */
interface FragmentBody {
  /** Functions and constants before main. */
  readonly declarations?: string;
  /** Statements that run once a fragment, before the pixels. */
  readonly prepare?: string;
  /** An expression of the result's texel type for the pixel at `y`, `x` whose position in the block is `pixel`. */
  pixel(position: PixelPosition): string;
}

/** A pixel of the block that a fragment makes, and GLSL for where it is in the picture. */
export interface PixelPosition {
  readonly pixel: number;
  readonly y: string;
  readonly x: string;
}

/** All pixels of a block, also those beyond the picture. */
export function listPositions({ targets, block }: Layout): PixelPosition[] {
  return Array.from({ length: targets }, (_, pixel) => ({
    pixel,
    y: offset('y0', Math.floor(pixel / block.width)),
    x: offset('x0', pixel % block.width),
  }));
}

/** A whole fragment shader. `title` is its first comment. */
export function writeFragmentShader(call: ShaderCall, title: string, body: FragmentBody): string {
  const { layout } = call.output;
  const halves = layout.lanes === 8;
  const positions = listPositions(layout);
  return [
    '#version 300 es',
    `// ${title} → [${layout.shape.join(', ')}]`,
    'precision highp float;',
    'precision highp int;',
    'precision highp sampler2DArray;',
    ...(layout.folds > 1 ? ['uniform int fold;'] : []),
    ...positions.map(
      ({ pixel }) => `layout(location = ${pixel}) out ${halves ? 'uvec4 packed' : 'vec4 result'}_${pixel};`,
    ),
    '',
    declareOperands(call),
    ...(halves ? ['', packFunctions] : []),
    ...(body.declarations ? ['', body.declarations] : []),
    '',
    'void main() {',
    indent(locateBlock(layout)),
    ...(body.prepare ? [indent(body.prepare)] : []),
    ...positions.map((position) => `  ${halves ? 'mat2x4 ' : ''}result_${position.pixel} = ${body.pixel(position)};`),
    indent(zeroPadding(layout, positions)),
    ...(halves ? positions.map(({ pixel }) => `  packed_${pixel} = pack_halves(result_${pixel});`) : []),
    '}',
    '',
  ].join('\n');
}

/** A shader given by one function `vec4 value(int n, int quad, int y, int x)`, called for every pixel that exists. */
export function writePixelShader(call: ShaderCall, title: string, valueFunction: string): string {
  checkShader('writePixelShader', call, title, valueFunction);
  return writeFragmentShader(call, title, {
    declarations: valueFunction,
    pixel(position) {
      const { layout } = call.output;
      const { y, x } = existingPixel(layout, position);
      return forEachQuad(layout, (quad) => `value(n, ${quad}, ${y}, ${x})`);
    },
  });
}

/** A shader of the texels of an operand as they are, for a result of its type. */
export function writeCopyShader(call: ShaderCall, title: string, operand: string): string {
  return writeFragmentShader(call, title, {
    pixel(position) {
      const { layout } = call.output;
      const { y, x } = existingPixel(layout, position);
      return forEachQuad(layout, (quad) => `${operand}_pixel(n, ${quad}, ${y}, ${x})`);
    },
  });
}

/** Throws UsageError `E_ARGUMENT` for what is no call, or no text. */
function checkShader(where: string, call: ShaderCall, title: string, text: string): void {
  checkObject(where, 'call, what a kernel is given', call);
  checkObject(where, 'its output', call.output);
  checkText(where, 'title', title);
  checkText(where, 'a function in GLSL', text);
}

/** Names of the quads of channels that a fragment makes. */
export function listQuads({ lanes }: Layout): string[] {
  return lanes === 8 ? ['quad_0', 'quad_1'] : ['quad'];
}

/** An expression of the result's texel type, given what one of its quads is. */
export function forEachQuad(layout: Layout, value: (quad: string) => string): string {
  const values = listQuads(layout).map(value);
  return values.length === 2 ? `mat2x4(${values.join(', ')})` : values[0]!;
}

/** The pixel, or for a padding pixel the last one that exists: it is computed again and its value then zeroed. */
export function existingPixel({ block, grid }: Layout, { y, x }: { y: string; x: string }): { y: string; x: string } {
  const last = (value: string, size: number, step: number): string => {
    return size % step === 0 ? value : `min(${value}, ${size - 1})`;
  };
  return { y: last(y, grid.h, block.height), x: last(x, grid.w, block.width) };
}

/**
 * A shader given by one function `float element(int n, int c, int y, int x)`. For ops that move elements about, where
 * the four lanes of a texel come from different places.
 */
export function writeElementShader(call: ShaderCall, title: string, elementFunction: string): string {
  checkShader('writeElementShader', call, title, elementFunction);
  const { c } = call.output.layout.grid;
  const lanes = [0, 1, 2, 3].map((lane) => {
    const channel = offset('c', lane);
    return `element(n, ${c % 4 === 0 || lane === 0 ? channel : `min(${channel}, ${c - 1})`}, y, x)`;
  });
  return writePixelShader(
    call,
    title,
    [
      elementFunction,
      '',
      'vec4 value(int n, int quad, int y, int x) {',
      '  int c = quad * 4;',
      `  return vec4(${lanes.join(', ')});`,
      '}',
    ].join('\n'),
  );
}

function locateBlock(layout: Layout): string {
  const { tile, tiles, atlas, margin, folds, lanes, quads, depth, planes, block, texture } = layout;
  const count = planes * tiles.x * tiles.y;
  const foldOffset = folds > 1 ? ` + fold * ${atlas.x * atlas.y}` : '';
  const spare = atlas.x * atlas.y * folds > count;
  const index = `tile_row * ${atlas.x} + tile_column${foldOffset}`;
  return [
    'ivec2 texel = ivec2(gl_FragCoord.xy);',
    `int column = texel.x${margin > 0 ? ` - ${margin}` : ''};`,
    `int tile_row = ${quotient('texel.y', tile.height, texture.height)};`,
    `int tile_column = ${quotient('column', tile.width, texture.width)};`,
    // Texels of the atlas beyond the last tile are never read; clamping keeps their work in range.
    `int tile = ${spare ? `min(${index}, ${count - 1})` : index};`,
    `int tile_place = ${quotient('tile', planes, count)};`,
    `int plane = tile - tile_place * ${planes};`,
    `int n = ${quotient('plane', depth, count)};`,
    ...(lanes === 8
      ? [
          `int octet = plane - n * ${depth};`,
          'int quad_0 = octet * 2;',
          // The last octet may have one quad: it is computed twice and then zeroed.
          `int quad_1 = ${quads % 2 === 0 ? 'quad_0 + 1' : `min(quad_0 + 1, ${quads - 1})`};`,
        ]
      : [`int quad = plane - n * ${depth};`]),
    `int block_y = texel.y - tile_row * ${tile.height}${tiles.y > 1 ? ` + ${divide('tile_place', tiles.x)} * ${tile.height}` : ''};`,
    `int block_x = column - tile_column * ${tile.width}${tiles.x > 1 ? ` + ${modulo('tile_place', tiles.x)} * ${tile.width}` : ''};`,
    `int y0 = block_y * ${block.height};`,
    `int x0 = block_x * ${block.width};`,
  ].join('\n');
}

/**
 * `value / divisor` for 0 ≤ value < `limit`, by a reciprocal: drivers divide vectors of whole numbers one by one unless
 * the divisor is constant, and a program may serve several (engine/gl/share-programs.ts). (value + ½) / divisor is half
 * a divisor's part or more away from any whole number, far more than rounding moves it below 2²⁰.
 */
export function quotient(value: string, divisor: number, limit: number): string {
  if (limit > 2 ** 20) return divide(value, divisor);
  return `int((float(${value}) + 0.5) * ${floatLiteral(1 / divisor)})`;
}

function zeroPadding(layout: Layout, positions: readonly PixelPosition[]): string {
  const { grid, block, depth } = layout;
  const lines: string[] = [];
  const usedLanes = grid.c % layout.lanes;
  if (usedLanes > 0) {
    const [part, columns] = layout.lanes === 8 ? ['octet', ['[0]', '[1]']] : ['quad', ['']];
    columns.forEach((column, index) => {
      const lanes = [0, 1, 2, 3].map((lane) => `${part} == ${depth - 1} && ${index * 4 + lane >= usedLanes}`);
      const spare = `spare${index > 0 ? `_${index}` : ''}`;
      lines.push(`bvec4 ${spare} = bvec4(${lanes.join(', ')});`);
      const results = positions.map(({ pixel }) => `result_${pixel}${column}`);
      lines.push(...results.map((result) => `${result} = mix(${result}, vec4(0.0), ${spare});`));
    });
  }
  for (const { pixel, y, x } of positions) {
    const outside = [
      ...(grid.h % block.height > 0 ? [`${y} >= ${grid.h}`] : []),
      ...(grid.w % block.width > 0 ? [`${x} >= ${grid.w}`] : []),
    ];
    if (outside.length > 0) lines.push(`if (${outside.join(' || ')}) result_${pixel} = ${texelType(layout)}(0.0);`);
  }
  return lines.join('\n');
}

/** Fragments of one whole draw that make blocks of the tensor. */
export function countFragments({ tile, tiles, planes }: Layout): number {
  return tile.width * tile.height * tiles.x * tiles.y * planes;
}

/** Texture reads of a draw by `writeElementShader` that fetches each element once. */
export function countElementFetches({ output }: Pick<ShaderCall, 'output'>): number {
  const { layout } = output;
  return countFragments(layout) * layout.targets * layout.lanes;
}

/** `base + amount`, without the `+ 0`. */
export function offset(base: string, amount: number): string {
  if (amount === 0) return base;
  return amount > 0 ? `${base} + ${amount}` : `${base} - ${-amount}`;
}

export function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}
