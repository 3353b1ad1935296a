/**
 * linear as the engine runs it: weights packed so that a texel serves four outputs, and what stands before and after a
 * product in a transformer taken into its draw. Built by the rules in ops/rewrite, not by hand.
 *
 * x [R, K], packed [1, O, 1, 4·⌈K/4⌉], bias [O], sums [O], scale [O], residual [R, O]
 *   → residual + scale · activation(normalised(x) · wᵀ + bias),
 * or, with turns and a position, the product turned as by the op `rotary`.
 *
 * The LayerNorm before a product costs no draw, for every fragment reads whole rows of x: with its gain γ in the weight
 * and its shift in the bias, normalised(x) · wᵀ = (x · (γw)ᵀ − μ · Σγw) / σ. The difference cancels where |μ| ≫ σ, so
 * each row is first shifted by its own first element, which changes no LayerNorm.
 */
import { apply } from '../../engine/index.ts';
import type { NumericArray, Op, ReferenceCall, ShaderCall, Tensor, TensorType } from '../../engine/index.ts';
import { geluFunction, geluTanhFunction } from '../elementwise/accurate.glsl.ts';
import { geluOp, geluTanhOp } from '../elementwise/unary.ts';
import { declareTurn, turnRows } from '../rotary/rotary.ts';
import type { RotaryAttributes } from '../rotary/rotary.ts';
import { floatLiteral } from '../shader/accessors.ts';
import { countElementFetches, existingPixel, offset } from '../shader/fragment.ts';
import { singlePixelBlock, writeElementShader } from '../shader/fragment.ts';
import { countProductFetches, writeProductShader } from '../shader/product.ts';
import { computeLinear } from './linear.ts';

export type Activation = 'none' | 'gelu' | 'gelu-tanh' | 'geglu';

export interface PackedLinearAttributes {
  /** Shape of the plain weight, [O, K]: twice the outputs where there is a gate. */
  readonly weight: readonly [number, number];
  readonly bias: boolean;
  /** Epsilon of the LayerNorm in front, with the `sums` that it needs. K is a multiple of 4 then. */
  readonly epsilon: number | undefined;
  /** `geglu`: the first half of the outputs times gelu of the second half, which is a multiple of 4. */
  readonly activation: Activation;
  readonly scale: boolean;
  readonly residual: boolean;
  /** The vectors that turn, with `turns` and `position`. Without activation, scale and residual. */
  readonly rotary: RotaryAttributes | undefined;
}

export interface PackedLinearInputs {
  readonly x: Tensor;
  readonly packed: Tensor;
  readonly bias?: Tensor | undefined;
  readonly sums?: Tensor | undefined;
  readonly scale?: Tensor | undefined;
  readonly residual?: Tensor | undefined;
  readonly turns?: Tensor | undefined;
  readonly position?: Tensor | undefined;
}

type PackAttributes = Pick<PackedLinearAttributes, 'weight'>;

/** [O, K] → [1, O, 1, 4·⌈K/4⌉]: element (o, k). */
export const packLinearOp: Op<PackAttributes> = {
  name: 'pack_linear',
  derives: true,
  infer: (_inputs, { weight: [outputs, inner] }) => ({
    shape: [1, outputs, 1, 4 * Math.ceil(inner / 4)],
    dtype: 'f32',
  }),
  reference({ inputs, output, attributes: { weight } }) {
    visitPacked(weight, (packed, plain) => (output[packed] = inputs[0]![plain]!));
  },
  operands: ['weight'],
  kernels: {
    webgl: {
      shader: writePackingShader,
      fetches: countElementFetches,
      // One pixel a texel, and a row of texels for four outputs: each fragment reads memory straight on. With a row of
      // texels for each quad of inputs every step would be another page (2 to 4 times as slow, bench/lab/matvec).
      block: () => singlePixelBlock,
    },
  },
};

function writePackingShader(call: ShaderCall<PackAttributes>): string {
  const [, inner] = call.attributes.weight;
  const element = [
    'float element(int n, int o, int y, int k) {',
    `  float value = weight_at(0, min(k, ${inner - 1}), 0, o);`,
    `  return k < ${inner} ? value : 0.0;`,
    '}',
  ];
  return writeElementShader(call, 'pack a weight of linear', element.join('\n'));
}

function visitPacked(
  [outputs, inner]: readonly [number, number],
  visit: (packed: number, plain: number) => void,
): void {
  const padded = 4 * Math.ceil(inner / 4);
  for (let o = 0; o < outputs; o++) for (let k = 0; k < inner; k++) visit(o * padded + k, o * inner + k);
}

/** Packs a weight [O, K]. */
export function packLinear(w: Tensor): Tensor {
  return apply(packLinearOp, [w], { weight: w.shape as PackAttributes['weight'] });
}

export const packedLinearOp: Op<PackedLinearAttributes> = {
  name: 'packed_linear',
  operands: (attributes) => ['x', 'packed', ...listOptional(attributes)],
  infer: ([x], attributes) => ({ shape: [x!.shape[0]!, outputsOf(attributes)], dtype: 'f32' }),
  reference: computePackedLinear,
  describe({ epsilon, bias, activation, scale, residual, rotary }) {
    const words = [
      ...(epsilon === undefined ? [] : ['norm on read']),
      ...(bias ? ['bias'] : []),
      ...(activation === 'none' ? [] : [activation]),
      ...(scale ? ['scale'] : []),
      ...(residual ? ['residual'] : []),
      ...(rotary ? ['rotary'] : []),
    ];
    return words.join(', ');
  },
  macs: ({ output, attributes: { weight } }) => output.type.shape[0]! * weight[0] * weight[1],
  kernels: {
    webgl: {
      shader: writePackedShader,
      fetches: (call) => countProductFetches(call, { kernel: { height: 1, width: 1 } }),
    },
  },
};

function outputsOf({ weight, activation }: PackedLinearAttributes): number {
  return activation === 'geglu' ? weight[0] / 2 : weight[0];
}

const optionalInputs = ['bias', 'sums', 'scale', 'residual', 'turns', 'position'] as const;

/** Which of the optional inputs there are, in the order of the op's inputs. */
function listOptional(attributes: PackedLinearAttributes): (keyof PackedLinearInputs)[] {
  const { bias, epsilon, scale, residual, rotary } = attributes;
  const turned = rotary !== undefined;
  const present = { bias, sums: epsilon !== undefined, scale, residual, turns: turned, position: turned };
  return optionalInputs.filter((name) => present[name]);
}

export function packedLinear(
  inputs: PackedLinearInputs,
  attributes: Pick<PackedLinearAttributes, 'weight'> &
    Partial<Pick<PackedLinearAttributes, 'epsilon' | 'activation' | 'rotary'>>,
): Tensor {
  const full: PackedLinearAttributes = {
    epsilon: undefined,
    activation: 'none',
    rotary: undefined,
    ...attributes,
    bias: inputs.bias !== undefined,
    scale: inputs.scale !== undefined,
    residual: inputs.residual !== undefined,
  };
  const rest = listOptional(full).map((name) => inputs[name]!);
  return apply(packedLinearOp, [inputs.x, inputs.packed, ...rest], full);
}

/** The inputs of a packed_linear by name. */
export function readPackedLinear(tensor: Tensor): PackedLinearInputs {
  const [x, packed, ...rest] = tensor.inputs as [Tensor, Tensor, ...Tensor[]];
  const names = listOptional(tensor.attributes as PackedLinearAttributes);
  return { x, packed, ...Object.fromEntries(names.map((name, index) => [name, rest[index]!])) };
}

/** The same product with some inputs and attributes changed: what rewrite rules do. */
export function withLinearInputs(
  tensor: Tensor,
  inputs: Partial<PackedLinearInputs>,
  attributes: Partial<PackedLinearAttributes> = {},
): Tensor {
  return packedLinear(
    { ...readPackedLinear(tensor), ...inputs },
    { ...(tensor.attributes as PackedLinearAttributes), ...attributes },
  );
}

function computePackedLinear({ inputs, inputTypes, output, attributes }: ReferenceCall<PackedLinearAttributes>): void {
  const { weight, epsilon, activation } = attributes;
  const [outputs, inner] = weight;
  const [x, packed, ...rest] = inputs as [NumericArray, NumericArray, ...NumericArray[]];
  const named = new Map(listOptional(attributes).map((name, index) => [name, rest[index]!]));
  const plain = new Float64Array(outputs * inner);
  visitPacked(weight, (from, to) => (plain[to] = packed[from]!));
  const rows = inputTypes[0]!.shape[0]!;
  const bias = named.get('bias') ?? new Float64Array(outputs);
  const products = new Float64Array(rows * outputs);
  const read = epsilon === undefined ? x : normaliseRows(x, inner, epsilon);
  computeLinear({
    inputs: [read, plain, bias],
    inputTypes: [inputTypes[0]!, { shape: weight, dtype: 'f32' }],
    output: products,
  });
  const activated = activate(products, rows, outputs, activation);
  const width = outputsOf(attributes);
  const [scale, residual] = [named.get('scale'), named.get('residual')];
  for (let at = 0; at < output.length; at++) {
    output[at] = activated[at]! * (scale?.[at % width] ?? 1) + (residual?.[at] ?? 0);
  }
  if (!attributes.rotary) return;
  const turnsType = inputTypes[2 + listOptional(attributes).indexOf('turns')]!;
  const start = named.get('position')![0]!;
  turnRows(output, [rows, width], named.get('turns')!, turnsType.shape, start, attributes.rotary);
}

/** (x − μ) / σ of each row: gain and shift are in the weight and the bias. */
function normaliseRows(x: NumericArray, width: number, epsilon: number): Float64Array {
  const result = Float64Array.from(x);
  for (let start = 0; start < x.length; start += width) {
    const row = result.subarray(start, start + width);
    const mean = row.reduce((sum, value) => sum + value, 0) / width;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width;
    row.forEach((value, index) => (row[index] = (value - mean) / Math.sqrt(variance + epsilon)));
  }
  return result;
}

function activate(products: Float64Array, rows: number, outputs: number, activation: Activation): Float64Array {
  if (activation === 'none') return products;
  const type: TensorType = { shape: [products.length], dtype: 'f32' };
  const activated = new Float64Array(products.length);
  const { op } = activations[activation];
  op.reference({ inputs: [products], inputTypes: [type], output: activated, outputType: type, attributes: undefined });
  if (activation !== 'geglu') return activated;
  const half = outputs / 2;
  return Float64Array.from({ length: rows * half }, (_, at) => {
    const value = Math.floor(at / half) * outputs + (at % half);
    return products[value]! * activated[value + half]!;
  });
}

const activations: Readonly<
  Record<Exclude<Activation, 'none'>, { op: Op<undefined>; declarations: string; call: string }>
> = {
  gelu: { op: geluOp, declarations: geluFunction, call: 'gelu' },
  'gelu-tanh': { op: geluTanhOp, declarations: geluTanhFunction, call: 'gelu_tanh' },
  geglu: { op: geluOp, declarations: geluFunction, call: 'gelu' },
};

function writePackedShader(call: ShaderCall<PackedLinearAttributes>): string {
  const { attributes, output } = call;
  const { epsilon, activation } = attributes;
  const operands = new Map(listOptional(attributes).map((name, index) => [name, call.inputs[2 + index]!]));
  const names = new Map([...operands].map(([name, operand]) => [name, operand.name]));
  const groups = activation === 'geglu' ? 2 : 1;
  const quads = output.layout.quads;
  const quadOf = (group: number): string => offset('quad', group * quads);
  const read = (name: keyof PackedLinearInputs, group: number): string =>
    `${names.get(name)}_pixel(0, ${quadOf(group)}, 0, 0)`;
  const tiled = call.inputs[1]!.layout.tiles.x * call.inputs[1]!.layout.tiles.y > 1;
  return writeProductShader(call, {
    title: `linear ${packedLinearOp.describe!(attributes)}`,
    kernel: { height: 1, width: 1 },
    reluInput: false,
    groups,
    declarations: [
      ...(activation === 'none' ? [] : [activations[activation].declarations]),
      ...(attributes.rotary
        ? [
            declareTurn({
              rows: call.inputs[0]!.type.shape[0]!,
              turns: operands.get('turns')!,
              position: operands.get('position')!,
              ...attributes.rotary,
            }),
          ]
        : []),
    ].join('\n'),
    // A bias joins behind the norm where there is one.
    start: (group) => (names.has('bias') && epsilon === undefined ? read('bias', group) : 'vec4(0.0)'),
    prepareWeights: [
      ...(tiled
        ? []
        : Array.from({ length: groups }, (_, group) => `ivec3 place_${group} = packed_place(${quadOf(group)}, 0, 0);`)),
      ...(epsilon === undefined ? [] : declareMoments(call)),
    ].join('\n'),
    ...(epsilon !== undefined && { take: takeMoments, conclude: concludeMoments(call, epsilon) }),
    weight: ({ lane, group }) =>
      tiled
        ? `packed_pixel(0, ${quadOf(group)}, 0, in_quad * 4 + ${lane})`
        : `packed_fetch(place_${group}.x + in_quad * 4 + ${lane}, place_${group}.y, place_${group}.z)`,
    finish(sums, position) {
      const products = sums.map((sum, group) => {
        if (epsilon === undefined) return sum;
        const bias = names.has('bias') ? ` + ${read('bias', group)}` : '';
        const [mean, deviation] = [`mean_${position.pixel}`, `deviation_${position.pixel}`];
        return `((${sum} - ${mean} * ${read('sums', group)}) * ${deviation}${bias})`;
      });
      const { x } = existingPixel(output.layout, position);
      const activated = writeActivation(products, activation);
      if (attributes.rotary) return `turn(${activated}, quad, ${x})`;
      const scaled = names.has('scale') ? `${read('scale', 0)} * ${activated}` : activated;
      return names.has('residual') ? `${names.get('residual')}_pixel(0, quad, 0, ${x}) + ${scaled}` : scaled;
    },
  });
}

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
