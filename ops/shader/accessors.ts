/**
 * GLSL that reads a tensor out of its texture array by the rule of engine/gl/layout.ts. For an operand that its op
 * calls `x`:
 *
 *   sampler2DArray x_texels                              the texture
 *   vec4  x_fetch(int x, int y, int layer)               one texel; of an f16 operand a uvec4 (halves.ts)
 *   ivec3 x_place(int plane, int block_y, int block_x)   texel and first layer of a block
 *   vec4  x_pixel(int n, int quad, int y, int x)         four channels of a pixel, which must exist
 *   float x_at(int n, int c, int y, int x)               one element, which must exist
 *
 * Of an f16 operand alone: uvec4 x_texel(int n, int octet, int y, int x), its eight channels as they lie there. An
 * operand that lies flat, as only ops that derive have, is to be read by `_at` and `_pixel`.
 *
 * All sizes are constants, so a compiler sees shifts and adds where a size is a power of two.
 */
import { checkNumber } from '../../base/check-argument.ts';
import { gridOf } from '../../engine/index.ts';
import type { FetchStyle, Layout, Operand, ShaderCall } from '../../engine/index.ts';
import { unpackFunctions } from './halves.ts';

/** `value / divisor` for value ≥ 0, as a shift where it can be. */
export function divide(value: string, divisor: number): string {
  if (divisor === 1) return value;
  return Number.isInteger(Math.log2(divisor)) ? `(${value} >> ${Math.log2(divisor)})` : `(${value} / ${divisor})`;
}

/** `value % divisor` for value ≥ 0, as a mask where it can be. */
export function modulo(value: string, divisor: number): string {
  if (divisor === 1) return '0';
  return Number.isInteger(Math.log2(divisor)) ? `(${value} & ${divisor - 1})` : `(${value} % ${divisor})`;
}

/** Everything the comment above promises, for one operand. Unused functions cost nothing once compiled. */
function declareOperand({ name, layout }: Operand, fetch: FetchStyle): string {
  return [
    `// ${name}: ${describeLayout(layout)}`,
    `uniform highp ${samplerType(layout)} ${name}_texels;`,
    declareFetch(name, layout, fetch),
    declarePlace(name, layout),
    ...(layout.isFlat
      ? [declareFlat(name, layout)]
      : [
          declarePixel(name, layout),
          `float ${name}_at(int n, int c, int y, int x) {`,
          `  return ${name}_pixel(n, c >> 2, y, x)[c & 3];`,
          `}`,
        ]),
  ].join('\n');
}

/** Of numbers in row-major order: in ranks below 4 channels come last, so that a texel may be a quad as it is. */
function declareFlat(name: string, { shape }: Layout): string {
  const { c, h, w } = gridOf(shape);
  const position = shape.length === 4 ? `((n * ${c} + c) * ${h} + y) * ${w} + x` : `(n * ${w} + x) * ${c} + c`;
  const lanes = [0, 1, 2, 3].map((lane) => `${name}_at(n, min(quad * 4 + ${lane}, ${c - 1}), y, x)`);
  const pixel =
    shape.length < 4 && c % 4 === 0
      ? [
          `  ivec3 place = ${name}_place((n * ${w} + x) * ${c / 4} + quad, 0, 0);`,
          `  return ${name}_fetch(place.x, place.y, place.z);`,
        ]
      : [
          `  bvec4 spare = greaterThan(ivec4(quad * 4) + ivec4(0, 1, 2, 3), ivec4(${c - 1}));`,
          `  return mix(vec4(${lanes.join(', ')}), vec4(0.0), spare);`,
        ];
  return [
    `float ${name}_at(int n, int c, int y, int x) {`,
    `  int position = ${position};`,
    `  ivec3 place = ${name}_place(position >> 2, 0, 0);`,
    `  return ${name}_fetch(place.x, place.y, place.z)[position & 3];`,
    `}`,
    `vec4 ${name}_pixel(int n, int quad, int y, int x) {`,
    ...pixel,
    `}`,
  ].join('\n');
}

export function declareOperands({ inputs, fetch }: ShaderCall): string {
  const unpacking = inputs.some(({ layout }) => layout.lanes === 8) ? [unpackFunctions] : [];
  return [...unpacking, ...inputs.map((input) => declareOperand(input, fetch))].join('\n\n');
}

/**
 * The channels that a fragment makes of the pixel at `y`, `x`, out of an operand with as many: the type of its texel.
 */
export function readResultChannels({ name, layout }: Operand, output: Layout, n: string, y: string, x: string): string {
  if (output.lanes === 4) return `${name}_pixel(${n}, quad, ${y}, ${x})`;
  if (layout.lanes === 8) return `unpack_halves(${name}_texel(${n}, octet, ${y}, ${x}))`;
  return `mat2x4(${name}_pixel(${n}, quad_0, ${y}, ${x}), ${name}_pixel(${n}, quad_1, ${y}, ${x}))`;
}

/** The whole of a texel as a shader computes with it: a quad of channels, or the two of an octet. */
export function texelType({ lanes }: Layout): 'vec4' | 'mat2x4' {
  return lanes === 8 ? 'mat2x4' : 'vec4';
}

function samplerType({ lanes }: Layout): string {
  return lanes === 8 ? 'usampler2DArray' : 'sampler2DArray';
}

function describeLayout({ shape, block, lanes, depth, texture }: Layout): string {
  return (
    `[${shape.join(', ')}] as planes of ${depth} channel ${lanes === 8 ? 'octets' : 'quads'}, blocks of ${block.width}×${block.height} pixels, ` +
    `in ${texture.width}×${texture.height}×${texture.layers}`
  );
}

/** On llvmpipe `textureLod` with precomputed reciprocals is a third cheaper than `texelFetch`; GPUs do not mind. */
function declareFetch(name: string, { lanes, texture }: Layout, fetch: FetchStyle): string {
  const body =
    fetch === 'texelFetch'
      ? `texelFetch(${name}_texels, ivec3(x, y, layer), 0)`
      : `textureLod(${name}_texels, vec3((vec2(x, y) + 0.5) * ${vec2Literal(1 / texture.width, 1 / texture.height)}, layer), 0.0)`;
  return `${lanes === 8 ? 'uvec4' : 'vec4'} ${name}_fetch(int x, int y, int layer) {\n  return ${body};\n}`;
}

function vec2Literal(x: number, y: number): string {
  return `vec2(${floatLiteral(x)}, ${floatLiteral(y)})`;
}

/** A number as GLSL writes it, rounded to fp32 exactly once; Infinity and NaN, which have no literal, by their bits. */
export function floatLiteral(value: number): string {
  checkNumber('floatLiteral', 'value', value);
  if (!Number.isFinite(Math.fround(value))) {
    return `uintBitsToFloat(0x${new Uint32Array(Float32Array.of(value).buffer)[0]!.toString(16)}u)`;
  }
  const text = String(Math.fround(value));
  return /[.e]/.test(text) ? text : `${text}.0`;
}

function declarePlace(name: string, { planes, tile, tiles, atlas, margin, folds, targets }: Layout): string {
  const across = divide('block_x', tile.width);
  const [down, acrossToo] = [`${divide('block_y', tile.height)} * ${tiles.x}`, tiles.x > 1 ? ` + ${across}` : ''];
  const first = tiles.y > 1 ? `(${down}${acrossToo})` : across;
  const index = tiles.x * tiles.y > 1 ? `${first} * ${planes} + plane` : 'plane';
  const x = `${margin > 0 ? `${margin} + ` : ''}${modulo('tile', atlas.x)} * ${tile.width} + ${tiles.x > 1 ? modulo('block_x', tile.width) : 'block_x'}`;
  const row = divide('tile', atlas.x);
  const y = `${folds > 1 ? modulo(row, atlas.y) : row} * ${tile.height} + ${tiles.y > 1 ? modulo('block_y', tile.height) : 'block_y'}`;
  const layer = folds > 1 ? `${divide('tile', atlas.x * atlas.y)} * ${targets}` : '0';
  return [
    `ivec3 ${name}_place(int plane, int block_y, int block_x) {`,
    `  int tile = ${index};`,
    `  return ivec3(${x}, ${y}, ${layer});`,
    `}`,
  ].join('\n');
}

function declarePixel(name: string, { block, lanes, depth }: Layout): string {
  const pixel =
    block.height > 1
      ? `${modulo('y', block.height)} * ${block.width} + ${modulo('x', block.width)}`
      : modulo('x', block.width);
  const [type, accessor, part] = lanes === 8 ? ['uvec4', 'texel', 'octet'] : ['vec4', 'pixel', 'quad'];
  const whole = [
    `${type} ${name}_${accessor}(int n, int ${part}, int y, int x) {`,
    `  ivec3 place = ${name}_place(n * ${depth} + ${part}, ${divide('y', block.height)}, ${divide('x', block.width)});`,
    `  return ${name}_fetch(place.x, place.y, place.z + ${pixel});`,
    `}`,
  ];
  if (lanes === 4) return whole.join('\n');
  return [
    ...whole,
    `vec4 ${name}_pixel(int n, int quad, int y, int x) {`,
    `  uvec4 texel = ${name}_texel(n, quad >> 1, y, x);`,
    `  return unpack_quad((quad & 1) == 0 ? texel.xy : texel.zw);`,
    `}`,
  ].join('\n');
}
