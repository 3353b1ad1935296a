/**
 * ONNX models written straight into protobuf. Field numbers are those of onnx.proto (ONNX IR 8, opset 17). A name is
 * that of a value, of which there is one maker.
 */

type Field = readonly [number: number, value: number | string | Uint8Array];

/** Codes of element types. */
const types = { f32: 1, i32: 6, i64: 7 } as const;

interface OnnxValue {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type?: keyof typeof types;
}

interface OnnxModel {
  readonly name: string;
  readonly nodes: readonly Uint8Array[];
  readonly constants: readonly Uint8Array[];
  readonly input: OnnxValue;
  readonly output: OnnxValue;
}

export function encodeModel({ name, nodes, constants, input, output }: OnnxModel): Uint8Array {
  const graph = encode([
    ...nodes.map((node): Field => [1, node]),
    [2, name],
    ...constants.map((constant): Field => [5, constant]),
    [11, encodeValue(input)],
    [12, encodeValue(output)],
  ]);
  return encode([
    [1, 8],
    [7, graph],
    [8, encode([[2, 17]])],
  ]);
}

/** An attribute is a whole number, several of them, or a text. */
export function encodeNode(
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, number | string | readonly number[]>> = {},
): Uint8Array {
  return encode([
    ...inputs.map((name): Field => [1, name]),
    [2, output],
    [4, op],
    ...Object.entries(attributes).map(([name, value]): Field => [5, encodeAttribute(name, value)]),
  ]);
}

function encodeAttribute(name: string, value: number | string | readonly number[]): Uint8Array {
  if (typeof value === 'number') {
    return encode([
      [1, name],
      [3, value],
      [20, 2],
    ]);
  }
  if (typeof value === 'string') {
    return encode([
      [1, name],
      [4, value],
      [20, 3],
    ]);
  }
  return encode([[1, name], ...value.map((number): Field => [8, number]), [20, 7]]);
}

export function encodeNumbers(name: string, shape: readonly number[], data: Float32Array): Uint8Array {
  return encodeTensor(name, shape, types.f32, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

/** As i64 [n]: what Slice takes. */
export function encodeIndices(name: string, values: readonly number[]): Uint8Array {
  const data = BigInt64Array.from(values, BigInt);
  return encodeTensor(name, [values.length], types.i64, new Uint8Array(data.buffer));
}

function encodeTensor(name: string, shape: readonly number[], type: number, data: Uint8Array): Uint8Array {
  return encode([...shape.map((size): Field => [1, size]), [2, type], [8, name], [9, data]]);
}

function encodeValue({ name, shape, type = 'f32' }: OnnxValue): Uint8Array {
  const dimensions = encode(shape.map((size): Field => [1, encode([[1, size]])]));
  const tensor = encode([
    [1, types[type]],
    [2, dimensions],
  ]);
  return encode([
    [1, name],
    [2, encode([[1, tensor]])],
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
