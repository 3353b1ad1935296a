/**
 * The smallest ONNX models that do one workload, written straight into protobuf: Conv or MatMul with its weight inside,
 * then a Slice that keeps what is read back. Field numbers are those of onnx.proto (ONNX IR 8, opset 17).
 */
import { middleOf } from '../workload.ts';
import type { Operands, Workload } from '../workload.ts';

type Field = readonly [number: number, value: number | string | Uint8Array];

/** Input `x`, output `y`. */
export function encodeOnnxModel(workload: Workload, { w }: Operands): Uint8Array {
  const middle = middleOf(workload);
  const { side } = workload;
  const isMatmul = workload.kind === 'matmul';
  const xShape = isMatmul ? [side, side] : [1, workload.inputs, side, side];
  const wShape = isMatmul ? [side, side] : [workload.outputs, workload.inputs, workload.kernel, workload.kernel];
  const yShape = isMatmul ? [1, side] : [1, workload.outputs, 1, 1];
  const axes = isMatmul ? [0] : [2, 3];
  const attributes = isMatmul ? [] : [encodeInts('pads', Array<number>(4).fill((workload.kernel - 1) / 2))];
  const graph = encode([
    [1, encodeNode(isMatmul ? 'MatMul' : 'Conv', ['x', 'w'], 'whole', attributes)],
    [1, encodeNode('Slice', ['whole', 'starts', 'ends', 'axes'], 'y', [])],
    [2, workload.kind],
    [5, encodeTensor('w', wShape, 1, new Uint8Array(w.buffer, w.byteOffset, w.byteLength))],
    [
      5,
      encodeIndices(
        'starts',
        axes.map(() => middle),
      ),
    ],
    [
      5,
      encodeIndices(
        'ends',
        axes.map(() => middle + 1),
      ),
    ],
    [5, encodeIndices('axes', axes)],
    [11, encodeValue('x', xShape)],
    [12, encodeValue('y', yShape)],
  ]);
  return encode([
    [1, 8],
    [7, graph],
    [8, encode([[2, 17]])],
  ]);
}

function encodeNode(
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: readonly Uint8Array[],
): Uint8Array {
  return encode([
    ...inputs.map((name): Field => [1, name]),
    [2, output],
    [4, op],
    ...attributes.map((attribute): Field => [5, attribute]),
  ]);
}

/** An attribute of type INTS (7). */
function encodeInts(name: string, values: readonly number[]): Uint8Array {
  return encode([[1, name], ...values.map((value): Field => [8, value]), [20, 7]]);
}

/** @param type 1 for float, 7 for int64 */
function encodeTensor(name: string, shape: readonly number[], type: number, data: Uint8Array): Uint8Array {
  return encode([...shape.map((size): Field => [1, size]), [2, type], [8, name], [9, data]]);
}

function encodeIndices(name: string, values: readonly number[]): Uint8Array {
  const data = BigInt64Array.from(values, BigInt);
  return encodeTensor(name, [values.length], 7, new Uint8Array(data.buffer));
}

function encodeValue(name: string, shape: readonly number[]): Uint8Array {
  const dimensions = encode(shape.map((size): Field => [1, encode([[1, size]])]));
  return encode([
    [1, name],
    [
      2,
      encode([
        [
          1,
          encode([
            [1, 1],
            [2, dimensions],
          ]),
        ],
      ]),
    ],
  ]);
}

/** Protobuf: numbers as varints, all else with its length before it. */
function encode(fields: readonly Field[]): Uint8Array {
  const parts = fields.map(([number, value]) => {
    if (typeof value === 'number') return Uint8Array.from([...varint(number * 8), ...varint(value)]);
    const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
    return Buffer.concat([Uint8Array.from([...varint(number * 8 + 2), ...varint(bytes.length)]), bytes]);
  });
  return Buffer.concat(parts);
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}
