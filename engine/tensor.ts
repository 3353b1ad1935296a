/**
 * A Tensor is a promise of numbers: the op that makes them, its inputs and attributes, and their type. Calling an op
 * builds tensors and computes nothing; `compile` and `run` follow the inputs back from the tensors they are given.
 * There is no tape and no global state: the graph is the tensors themselves, immutable and shared.
 */
import { argumentError, checkFunction, checkList, checkText, checkEach } from '../base/check-argument.ts';
import { ShapeError } from '../base/errors.ts';
import type { Op, NumericArray } from './op.ts';
import { checkDType, checkShape, checkType, formatShape, sizeOf } from './shape.ts';
import type { DType, Shape, TensorType } from './shape.ts';

/** A node of a graph: an op, its inputs and its type. It holds no numbers. */
export class Tensor {
  readonly op: Op;
  readonly inputs: readonly Tensor[];
  readonly attributes: unknown;
  readonly type: TensorType;

  constructor(op: Op, inputs: readonly Tensor[], attributes: unknown, type: TensorType) {
    this.op = op;
    this.inputs = inputs;
    this.attributes = attributes;
    this.type = type;
  }

  get shape(): Shape {
    return this.type.shape;
  }

  get dtype(): DType {
    return this.type.dtype;
  }

  /** What Node prints: `Tensor f32 [1, 8192, 32, 32] of conv2d`. */
  toString(): string {
    return `Tensor ${this.dtype} ${formatShape(this.shape)} of ${this.op.name}`;
  }
}

/** A tensor that an op of these attributes makes. */
export type TensorOf<A> = Tensor & { readonly attributes: A };

/** Whether `op` makes the tensor; then its attributes are those of the op. */
export function isOf<A>(tensor: Tensor, op: Op<A>): tensor is TensorOf<A> {
  checkTensor('isOf', tensor);
  return tensor.op === (op as Op);
}

/** Throws UsageError `E_ARGUMENT` unless it is a tensor. */
export function checkTensor(where: string, value: unknown): asserts value is Tensor {
  if (value instanceof Tensor) return;
  const advice = 'Make one with tensor(data, shape).';
  throw argumentError(where, 'a tensor', value, advice);
}

/** Throws UsageError `E_ARGUMENT` unless it is a list of tensors. */
export function checkTensors(where: string, name: string, values: unknown): void {
  checkText(where, 'name', name);
  checkEach(where, name, 'a tensor', values, (value) => value instanceof Tensor);
}

/** Applies an op: checks the inputs by its shape rule and returns the tensor it would make. */
export function apply<A>(op: Op<A>, inputs: readonly Tensor[], attributes: A): Tensor {
  if (typeof op?.infer !== 'function') throw argumentError('apply', 'an op', op);
  checkList(op.name, 'inputs', inputs);
  for (const input of inputs) checkTensor(op.name, input);
  const type = op.infer(
    inputs.map((input) => input.type),
    attributes,
  );
  checkShape(op.name, type.shape);
  return new Tensor(op as Op, inputs, attributes, type);
}

/** Bits of halves, piece by piece. */
export type ReadHalves = () => AsyncIterable<Uint16Array>;

/** Where the numbers of a constant come from. `read` may be asked again after a lost context, so it must repeat. */
interface ConstantAttributes {
  readonly label: string;
  readonly type: TensorType;
  /** Halves hold every number exactly, so that a device may keep it so. */
  readonly fitsHalves: boolean;
  read(): NumericArray | Promise<NumericArray>;
  /** The bits of the same numbers in pieces, in order, where they come as halves. */
  readonly readHalves?: ReadHalves | undefined;
}

/** A constant, whose numbers are read when a plan is prepared. */
export const constantOp: Op<ConstantAttributes> = {
  name: 'constant',
  infer: (_inputs, { type }) => type,
  reference() {
    throw new Error('constants are read, not computed');
  },
  describe: ({ label }) => label,
};

interface PlaceholderAttributes {
  readonly name: string;
  readonly type: TensorType;
}

/** An input of a plan, whose numbers each run is given. */
export const placeholderOp: Op<PlaceholderAttributes> = {
  name: 'input',
  infer: (_inputs, { type }) => type,
  reference() {
    throw new Error('inputs are given, not computed');
  },
  describe: ({ name }) => name,
};

/**
 * Numbers as a tensor. `data` is row-major and is not copied: leave it unchanged while the tensor is in use.
 * @throws ShapeError `E_SHAPE` when the length of `data` is not the product of `shape`, `E_DTYPE` for an i32 that is no
 *   whole number or beyond 2²⁴.
 */
export function tensor(data: ArrayLike<number>, shape: Shape, dtype: DType = 'f32'): Tensor {
  checkShape('tensor', shape);
  checkDType('tensor', dtype);
  checkList('tensor', 'data', data);
  if (data.length !== sizeOf(shape)) {
    throw new ShapeError(
      'E_SHAPE',
      `tensor: shape ${formatShape(shape)} needs ${sizeOf(shape)} numbers, got ${data.length}.`,
    );
  }
  if (dtype === 'i32') checkWhole(data);
  const array: NumericArray =
    data instanceof Float32Array || data instanceof Float64Array || data instanceof Int32Array
      ? data
      : dtype === 'i32'
        ? Int32Array.from(data)
        : Float32Array.from(data);
  return constant('data', { shape, dtype }, () => array);
}

/** Whole numbers live in fp32 textures, which hold them exactly up to 2²⁴. */
function checkWhole(data: ArrayLike<number>): void {
  for (let i = 0; i < data.length; i++) {
    if (Number.isInteger(data[i]) && Math.abs(data[i]!) <= 2 ** 24) continue;
    throw new ShapeError(
      'E_DTYPE',
      `tensor: i32 holds whole numbers up to 2^24 in magnitude, got ${data[i]} at position ${i}. Use f32 for others.`,
    );
  }
}

/**
 * A tensor whose numbers are fetched only when a plan needs them, such as a weight still in its file.
 * @param fitsHalves whether halves hold every number exactly, as those of a file of halves: a device may keep it so
 * @param readHalves the bits of these halves, in pieces and in order, for whoever keeps them
 */
export function constant(
  label: string,
  type: TensorType,
  read: ConstantAttributes['read'],
  fitsHalves = false,
  readHalves?: ReadHalves,
): Tensor {
  checkText('constant', 'label', label);
  checkType('constant', type);
  checkFunction('constant', 'read', read);
  return apply(constantOp, [], { label, type, fitsHalves, read, readHalves });
}

/** An input that every run of a compiled plan supplies anew. */
export function placeholder(name: string, type: TensorType): Tensor {
  checkText('placeholder', 'name', name);
  checkType('placeholder', type);
  return apply(placeholderOp, [], { name, type });
}
