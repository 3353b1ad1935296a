/**
 * Reads the NumPy files of test/golden: version 1, little-endian, C order. Tests only; it trusts its input beyond
 * the few checks that would otherwise give silently wrong numbers.
 */

export type NpyData = Float32Array | Float64Array | Int32Array;

export interface NpyArray {
  readonly shape: readonly number[];
  readonly data: NpyData;
}

const READERS: Record<string, (buffer: ArrayBuffer) => NpyData> = {
  '<f4': (buffer) => new Float32Array(buffer),
  '<f8': (buffer) => new Float64Array(buffer),
  '<i4': (buffer) => new Int32Array(buffer),
};

/** @throws Error when the bytes are not such a file, or of another length than the shape asks for */
export function parseNpy(bytes: Uint8Array): NpyArray {
  const start = 10 + new DataView(bytes.buffer, bytes.byteOffset).getUint16(8, true);
  const header = new TextDecoder('latin1').decode(bytes.subarray(0, start));
  const fields = /^\x93NUMPY\x01.*'descr': '(.+?)', 'fortran_order': False, 'shape': \((.*?)\)/s.exec(header);
  const read = READERS[fields?.[1] ?? ''];
  if (fields === null || read === undefined) throw new Error(`Not an .npy file this reader knows: ${header}`);
  const shape = [...fields[2]!.matchAll(/\d+/g)].map(Number);
  // Copied, because the bytes of a file rarely begin where a Float64Array may.
  const data = read(new Uint8Array(bytes.subarray(start)).buffer);
  const length = shape.reduce((product, size) => product * size, 1);
  if (data.length !== length) throw new Error(`The .npy file holds ${data.length} numbers, its shape [${shape}].`);
  return { shape, data };
}
