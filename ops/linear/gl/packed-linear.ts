/**
 * pack_linear and packed_linear in GLSL. The product is that of ops/shader/product.ts with one tap: a picture one
 * pixel high with K channels. Every fragment reads whole rows of x, so that it can take their moments as it goes.
 */
import type { GlKernel, Operand, ShaderCall } from '../../../engine/index.ts';
import { geluFunction, geluTanhFunction } from '../../elementwise/gl/accurate.ts';
import { declareTurn } from '../../rotary/gl/rotary.ts';
import { floatLiteral } from '../../shader/accessors.ts';
import { countElementFetches, existingPixel, offset, singlePixelBlock } from '../../shader/fragment.ts';
import { writeElementShader } from '../../shader/fragment.ts';
import type { PixelPosition } from '../../shader/fragment.ts';
import { countProductFetches, writeProductShader } from '../../shader/product.ts';
import type { ProductShader } from '../../shader/product.ts';
import { describePackedLinear } from '../attributes.ts';
import type { Activation, PackAttributes, PackedLinearAttributes } from '../attributes.ts';

export const packLinearGl: GlKernel<PackAttributes> = {
  shader: writePackingShader,
  fetches: countElementFetches,
  // One pixel a texel, and a row of texels for four outputs: each fragment reads memory straight on. With a row of
  // texels for each quad of inputs every step would be another page (2 to 4 times as slow, bench/lab/matvec).
  block: () => singlePixelBlock,
  moveHalves: pairColumns,
};

export const packedLinearGl: GlKernel<PackedLinearAttributes> = {
  shader: writePackedShader,
  fetches(call) {
    const groups = countGroups(call.attributes);
    // Of halves a texel has the weights of two columns.
    const each = hasPairs(call) ? groups / 2 : groups;
    return countProductFetches(call, { kernel: { height: 1, width: 1 }, groups: each });
  },
};

function hasPairs({ inputs }: Pick<ShaderCall<PackedLinearAttributes>, 'inputs'>): boolean {
  return inputs[1]!.layout.lanes === 8;
}

/** Pairs of halves, [O, K] → [⌈O/4⌉, 2·⌈K/4⌉, 8], two columns of four rows at a time. */
function pairColumns({ weight: [outputs, inner] }: PackAttributes, halves: Uint16Array): Uint16Array {
  const [quads, pairs] = [Math.ceil(outputs / 4), 2 * Math.ceil(inner / 4)];
  const words = new Uint32Array(quads * pairs * 4);
  const isEven = inner % 2 === 0 && halves.byteOffset % 4 === 0;
  const twos = isEven ? new Uint32Array(halves.buffer, halves.byteOffset, halves.length / 2) : undefined;
  const whole = Math.floor(inner / 2);
  const readTwo = (o: number, pair: number): number => {
    if (o >= outputs) return 0;
    const at = o * inner + 2 * pair;
    return halves[at]! | (2 * pair + 1 < inner ? halves[at + 1]! << 16 : 0);
  };
  for (let quad = 0; quad < quads; quad++) {
    const base = quad * pairs * 4;
    const first = quad * 4;
    const isWhole = twos !== undefined && first + 4 <= outputs;
    const [a, b, c, d] = [0, 1, 2, 3].map((row) => (first + row) * whole) as [number, number, number, number];
    for (let pair = 0; 2 * pair < inner; pair++) {
      const e = isWhole ? twos[a + pair]! : readTwo(first, pair);
      const f = isWhole ? twos[b + pair]! : readTwo(first + 1, pair);
      const g = isWhole ? twos[c + pair]! : readTwo(first + 2, pair);
      const h = isWhole ? twos[d + pair]! : readTwo(first + 3, pair);
      const at = base + pair * 4;
      words[at] = (e & 0xffff) | (f << 16);
      words[at + 1] = (g & 0xffff) | (h << 16);
      words[at + 2] = (e >>> 16) | (f & 0xffff0000);
      words[at + 3] = (g >>> 16) | (h & 0xffff0000);
    }
  }
  return new Uint16Array(words.buffer);
}

function writePackingShader(call: ShaderCall<PackAttributes>): string {
  const [outputs, inner] = call.attributes.weight;
  const paired = [
    'float element(int n, int c, int y, int x) {',
    '  int o = n * 4 + (c & 3), k = x * 2 + (c >> 2);',
    `  float value = weight_at(0, min(k, ${inner - 1}), 0, min(o, ${outputs - 1}));`,
    `  return k < ${inner} && o < ${outputs} ? value : 0.0;`,
    '}',
  ];
  const element = [
    'float element(int n, int o, int y, int k) {',
    `  float value = weight_at(0, min(k, ${inner - 1}), 0, o);`,
    `  return k < ${inner} ? value : 0.0;`,
    '}',
  ];
  const lines = call.output.layout.lanes === 8 ? paired : element;
  return writeElementShader(call, 'pack a weight of linear', lines.join('\n'));
}

function writePackedShader(call: ShaderCall<PackedLinearAttributes>): string {
  const { attributes } = call;
  const { epsilon, bias } = attributes;
  const { prepareWeights, ...weights } = hasPairs(call) ? readPairs(call) : readWeights(call);
  return writeProductShader(call, {
    title: `linear ${describePackedLinear(attributes)}`,
    kernel: { height: 1, width: 1 },
    reluInput: false,
    groups: countGroups(attributes),
    declarations: declareFunctions(call).join('\n'),
    // A bias joins behind the norm where there is one.
    start: (group) => (bias && epsilon === undefined ? readOutputs(call, 'bias', group) : 'vec4(0.0)'),
    prepareWeights: [...prepareWeights, ...(epsilon === undefined ? [] : declareMoments(call))].join('\n'),
    ...(epsilon !== undefined && { take: takeMoments, conclude: concludeMoments(call, epsilon) }),
    ...weights,
    finish: (sums, position) => finishPixel(call, sums, position),
  });
}

/** A gate is summed beside what it lets through. */
function countGroups({ activation }: PackedLinearAttributes): number {
  return activation === 'geglu' ? 2 : 1;
}

/** The quad of outputs that a group sums: the gate's lie behind all others. */
function quadOf({ output }: ShaderCall, group: number): string {
  return offset('quad', group * output.layout.quads);
}

/** A group's numbers of an operand that has one for each output. */
function readOutputs(call: ShaderCall, name: 'bias' | 'sums' | 'scale', group: number): string {
  return `${name}_pixel(0, ${quadOf(call, group)}, 0, 0)`;
}

/** Functions that the end of a pixel calls. */
function declareFunctions({ attributes, inputs }: ShaderCall<PackedLinearAttributes>): string[] {
  const { activation, rotary } = attributes;
  const find = (name: string): Operand => inputs.find((operand) => operand.name === name)!;
  const rows = inputs[0]!.type.shape[0]!;
  return [
    ...(activation === 'none' ? [] : [activations[activation].declarations]),
    ...(rotary ? [declareTurn({ rows, turns: find('turns'), position: find('position'), ...rotary })] : []),
  ];
}

/** A row of texels holds four outputs: where the weight is whole, its place is found once. */
function readWeights(call: ShaderCall<PackedLinearAttributes>): {
  readonly prepareWeights: readonly string[];
  readonly weight: ProductShader['weight'];
} {
  const { tiles } = call.inputs[1]!.layout;
  if (tiles.x * tiles.y > 1) {
    return {
      prepareWeights: [],
      weight: ({ lane, group }) => `packed_pixel(0, ${quadOf(call, group)}, 0, in_quad * 4 + ${lane})`,
    };
  }
  const groups = Array.from({ length: countGroups(call.attributes) }, (_, group) => group);
  return {
    prepareWeights: groups.map((group) => `ivec3 place_${group} = packed_place(${quadOf(call, group)}, 0, 0);`),
    weight: ({ lane, group }) =>
      `packed_fetch(place_${group}.x + in_quad * 4 + ${lane}, place_${group}.y, place_${group}.z)`,
  };
}

/** A texel of halves holds four outputs of two columns: two of them are read for a quad of columns. */
function readPairs(call: ShaderCall<PackedLinearAttributes>): {
  readonly prepareWeights: readonly string[];
  readonly prepareRow: string;
  readonly weight: ProductShader['weight'];
} {
  const { tiles } = call.inputs[1]!.layout;
  const isWhole = tiles.x * tiles.y === 1;
  const groups = Array.from({ length: countGroups(call.attributes) }, (_, group) => group);
  const read = (group: number, pair: number): string => {
    const column = `in_quad * 2 + ${pair}`;
    return isWhole
      ? `packed_fetch(place_${group}.x + ${column}, place_${group}.y, place_${group}.z)`
      : `packed_texel(${quadOf(call, group)}, 0, 0, ${column})`;
  };
  const declare = (group: number, pair: number): string =>
    `mat2x4 pair_${group}_${pair} = unpack_finite(${read(group, pair)});`;
  return {
    prepareWeights: isWhole
      ? groups.map((group) => `ivec3 place_${group} = packed_place(${quadOf(call, group)}, 0, 0);`)
      : [],
    prepareRow: groups.flatMap((group) => [declare(group, 0), declare(group, 1)]).join('\n'),
    weight: ({ lane, group }) => `pair_${group}_${lane >> 1}[${lane & 1}]`,
  };
}

/** What becomes of a pixel's sums, one for each group. */
function finishPixel(
  call: ShaderCall<PackedLinearAttributes>,
  sums: readonly string[],
  position: PixelPosition,
): string {
  const { epsilon, bias, activation, scale, residual, rotary } = call.attributes;
  const products = sums.map((sum, group) => {
    if (epsilon === undefined) return sum;
    const added = bias ? ` + ${readOutputs(call, 'bias', group)}` : '';
    const [mean, deviation] = [`mean_${position.pixel}`, `deviation_${position.pixel}`];
    return `((${sum} - ${mean} * ${readOutputs(call, 'sums', group)}) * ${deviation}${added})`;
  });
  const { x } = existingPixel(call.output.layout, position);
  const activated = writeActivation(products, activation);
  if (rotary) return `turn(${activated}, quad, ${x})`;
  const scaled = scale ? `${readOutputs(call, 'scale', 0)} * ${activated}` : activated;
  return residual ? `residual_pixel(0, quad, 0, ${x}) + ${scaled}` : scaled;
}

const activations: Readonly<Record<Exclude<Activation, 'none'>, { declarations: string; call: string }>> = {
  gelu: { declarations: geluFunction, call: 'gelu' },
  'gelu-tanh': { declarations: geluTanhFunction, call: 'gelu_tanh' },
  geglu: { declarations: geluFunction, call: 'gelu' },
};

function writeActivation([value, gate]: readonly string[], activation: Activation): string {
  if (activation === 'none') return value!;
  const { call } = activations[activation];
  return gate === undefined ? `${call}(${value})` : `${value} * ${call}(${gate})`;
}

/** First element, sum and sum of squares of each row of the block, all less the first element. */
function declareMoments({ output: { layout } }: ShaderCall): string[] {
  return Array.from({ length: layout.targets }, (_, pixel) => {
    const { x } = existingPixel(layout, { y: 'y0', x: offset('x0', pixel) });
    return [`float first_${pixel} = x_pixel(0, 0, 0, ${x}).x;`, `float mean_${pixel} = 0.0, square_${pixel} = 0.0;`];
  }).flat();
}

function takeMoments({ name, column }: { name: string; column: number }): string[] {
  return [
    `${name} -= first_${column};`,
    `mean_${column} += dot(${name}, vec4(1.0));`,
    `square_${column} += dot(${name}, ${name});`,
  ];
}

function concludeMoments(
  { output: { layout }, attributes }: ShaderCall<PackedLinearAttributes>,
  epsilon: number,
): string {
  const inverse = floatLiteral(1 / attributes.weight[1]);
  return Array.from({ length: layout.targets }, (_, pixel) => {
    const [mean, square] = [`mean_${pixel}`, `square_${pixel}`];
    return [
      `${mean} *= ${inverse};`,
      `float deviation_${pixel} = inversesqrt(max(${square} * ${inverse} - ${mean} * ${mean}, 0.0) + ${floatLiteral(epsilon)});`,
    ].join('\n');
  }).join('\n');
}
