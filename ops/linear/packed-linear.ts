/**
 * linear as the engine runs it: weights packed so that a texel serves four outputs, and what stands before and after a
 * product in a transformer taken into its draw. Built by the rules in ops/rewrite, not by hand.
 *
 * x [R, K], packed [1, O, 1, L·⌈K/L⌉] with L columns in a texel of x, 4, or 1 without texels; of halves with texels
 * [⌈O/4⌉, 2·⌈K/4⌉, 8], two columns of four outputs in each,
 * bias [O], sums [O], scale [O], residual [R, O]
 *   → residual + scale · activation(normalised(x) · wᵀ + bias),
 * or, with turns and a position, the product turned as by the op `rotary`.
 *
 * The LayerNorm before a product costs no draw, for every fragment reads whole rows of x: with its gain γ in the weight
 * and its shift in the bias, normalised(x) · wᵀ = (x · (γw)ᵀ − μ · Σγw) / σ. The difference cancels where |μ| ≫ σ, so
 * each row is first shifted by its own first element, which changes no LayerNorm.
 */
import { apply } from '../../engine/index.ts';
import type { DType, NumericArray, Op, ReferenceCall, Tensor, TensorOf, TensorType } from '../../engine/index.ts';
import { geluOp, geluTanhOp } from '../elementwise/unary.ts';
import { turnRows } from '../rotary/rotary.ts';
import { describePackedLinear } from './attributes.ts';
import type { PackAttributes, PackedLinearAttributes, Activation } from './attributes.ts';
import { packedLinearCpu } from './cpu/linear.ts';
import { packLinearCpu } from './cpu/pack-linear.ts';
import { packLinearGl, packedLinearGl } from './gl/packed-linear.ts';
import { computeLinear } from './linear.ts';

interface PackedLinearInputs {
  readonly x: Tensor;
  readonly packed: Tensor;
  readonly bias?: Tensor | undefined;
  readonly sums?: Tensor | undefined;
  readonly scale?: Tensor | undefined;
  readonly residual?: Tensor | undefined;
  readonly turns?: Tensor | undefined;
  readonly position?: Tensor | undefined;
}

/** [O, K] → [1, O, 1, L·⌈K/L⌉]: element (o, k); or [⌈O/4⌉, 2·⌈K/4⌉, 8]: (⌊o/4⌋, ⌊k/2⌋, 4·(k mod 2) + o mod 4). */
export const packLinearOp: Op<PackAttributes> = {
  name: 'pack_linear',
  derives: true,
  infer: (_inputs, { weight: [outputs, inner], lanes, dtype }) => ({
    shape: isPaired(lanes, dtype)
      ? [Math.ceil(outputs / 4), 2 * Math.ceil(inner / 4), 8]
      : [1, outputs, 1, lanes * Math.ceil(inner / lanes)],
    dtype,
  }),
  reference({ inputs, output, attributes }) {
    visitPacked(attributes, (packed, plain) => (output[packed] = inputs[0]![plain]!));
  },
  operands: ['weight'],
  kernels: { webgl: packLinearGl, cpu: packLinearCpu },
};

/** Whether a texel has two columns of four outputs. */
function isPaired(lanes: PackAttributes['lanes'], dtype: DType): boolean {
  return lanes === 4 && dtype === 'f16';
}

function visitPacked(
  { weight: [outputs, inner], lanes, dtype }: Pick<PackAttributes, 'weight' | 'lanes'> & { readonly dtype: DType },
  visit: (packed: number, plain: number) => void,
): void {
  if (isPaired(lanes, dtype)) {
    const pairs = 2 * Math.ceil(inner / 4);
    for (let o = 0; o < outputs; o++) {
      for (let k = 0; k < inner; k++) {
        visit(((o >> 2) * pairs + (k >> 1)) * 8 + (k & 1) * 4 + (o & 3), o * inner + k);
      }
    }
    return;
  }
  const padded = lanes * Math.ceil(inner / lanes);
  for (let o = 0; o < outputs; o++) for (let k = 0; k < inner; k++) visit(o * padded + k, o * inner + k);
}

/** Packs a weight [O, K]. */
export function packLinear(w: Tensor, given: Omit<PackAttributes, 'weight'>): Tensor {
  return apply(packLinearOp, [w], { weight: w.shape as PackAttributes['weight'], ...given });
}

export const packedLinearOp: Op<PackedLinearAttributes> = {
  name: 'packed_linear',
  operands: (attributes) => ['x', 'packed', ...listOptional(attributes)],
  infer: ([x], attributes) => ({ shape: [x!.shape[0]!, outputsOf(attributes)], dtype: 'f32' }),
  reference: computePackedLinear,
  describe: describePackedLinear,
  macs: ({ output, attributes: { weight } }) => output.type.shape[0]! * weight[0] * weight[1],
  kernels: { webgl: packedLinearGl, cpu: packedLinearCpu },
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
  attributes: Pick<PackedLinearAttributes, 'weight' | 'lanes'> &
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
export function readPackedLinear(tensor: TensorOf<PackedLinearAttributes>): PackedLinearInputs {
  const [x, packed, ...rest] = tensor.inputs as [Tensor, Tensor, ...Tensor[]];
  const names = listOptional(tensor.attributes);
  return { x, packed, ...Object.fromEntries(names.map((name, index) => [name, rest[index]!])) };
}

/** The same product with some inputs and attributes changed: what rewrite rules do. */
export function withLinearInputs(
  tensor: TensorOf<PackedLinearAttributes>,
  inputs: Partial<PackedLinearInputs>,
  attributes: Partial<PackedLinearAttributes> = {},
): Tensor {
  return packedLinear({ ...readPackedLinear(tensor), ...inputs }, { ...tensor.attributes, ...attributes });
}

function computePackedLinear({ inputs, inputTypes, output, attributes }: ReferenceCall<PackedLinearAttributes>): void {
  const { weight, epsilon, activation } = attributes;
  const [outputs, inner] = weight;
  const [x, packed, ...rest] = inputs as [NumericArray, NumericArray, ...NumericArray[]];
  const named = new Map(listOptional(attributes).map((name, index) => [name, rest[index]!]));
  const plain = new Float64Array(outputs * inner);
  visitPacked({ ...attributes, dtype: inputTypes[1]!.dtype }, (from, to) => (plain[to] = packed[from]!));
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
  const op = activationOps[activation];
  op.reference({ inputs: [products], inputTypes: [type], output: activated, outputType: type, attributes: undefined });
  if (activation !== 'geglu') return activated;
  const half = outputs / 2;
  return Float64Array.from({ length: rows * half }, (_, at) => {
    const value = Math.floor(at / half) * outputs + (at % half);
    return products[value]! * activated[value + half]!;
  });
}

const activationOps: Readonly<Record<Exclude<Activation, 'none'>, Op<undefined>>> = {
  gelu: geluOp,
  'gelu-tanh': geluTanhOp,
  geglu: geluOp,
};
