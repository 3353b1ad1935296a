/**
 * Reads safetensors by the strict rules of its reference reader: the header fits the file, tensors cover the data from
 * first byte to last without gap or overlap, and every size equals what shape and dtype say. Tensors are read lazily.
 */
import { FormatError } from '../../errors.ts';
import { readBlocks, type ByteSource } from '../byte-source.ts';
import { decodeElements } from '../decode-elements.ts';
import { DTYPE_BYTES, type Dtype } from '../torch/dtypes.ts';
import { countElements } from '../torch/tensor-record.ts';
import type { TensorData } from '../weights.ts';
import { parseSafetensorsHeader, type HeaderEntry } from './header-parser.ts';

export interface SafetensorsFile {
  /** In the order of their bytes. */
  readonly tensors: ReadonlyMap<string, TensorData>;
  readonly metadata: ReadonlyMap<string, string>;
}

const LENGTH_BYTES = 8;
const MAX_HEADER_BYTES = 100_000_000;

/** Bits of the element types that are known but not read. */
const FOREIGN_BITS: ReadonlyMap<string, number> = new Map([
  ['U64', 64],
  ['U32', 32],
  ['U16', 16],
  ['F8_E4M3', 8],
  ['F8_E5M2', 8],
  ['F8_E8M0', 8],
  ['F4', 4],
  ['C64', 64],
]);

/**
 * Opens a safetensors file.
 *
 * @throws FormatError `E_ST_HEADER`, `E_ST_JSON`, `E_ST_DUPLICATE`, `E_ST_OFFSETS`, `E_ST_COVERAGE`, `E_TENSOR_DTYPE`
 */
export async function openSafetensors(source: ByteSource): Promise<SafetensorsFile> {
  const { text, dataStart } = await readHeader(source);
  const { entries, metadata } = parseSafetensorsHeader(text);
  const ordered = [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  const tensors = new Map<string, TensorData>();
  let position = 0;
  for (const [name, entry] of ordered) {
    if (entry.begin !== position)
      throw coverageError(source, `${quote(name)} begins at ${entry.begin}, not ${position}`);
    position = entry.end;
    tensors.set(name, makeTensor(source, name, entry, dataStart));
  }
  const end = dataStart + position;
  if (end !== source.size) throw coverageError(source, `the tensors end at byte ${end} of ${source.size}`);
  return { tensors, metadata };
}

async function readHeader(source: ByteSource): Promise<{ text: string; dataStart: number }> {
  if (source.size < LENGTH_BYTES) throw headerError(source, 'it is too short');
  const start = await source.read(0, LENGTH_BYTES);
  const size = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true);
  if (size < 2n || size > BigInt(Math.min(MAX_HEADER_BYTES, source.size - LENGTH_BYTES))) {
    throw headerError(source, `it announces ${size} bytes of header`);
  }
  const length = Number(size);
  const bytes = await source.read(LENGTH_BYTES, length);
  if (bytes[0] !== 0x7b) throw headerError(source, 'it does not begin with a brace');
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return { text, dataStart: LENGTH_BYTES + length };
  } catch (cause) {
    throw headerError(source, 'it is not UTF-8', cause);
  }
}

function makeTensor(source: ByteSource, name: string, entry: HeaderEntry, dataStart: number): TensorData {
  const { dtype, shape, begin, end } = entry;
  const elements = countElements(shape);
  const elementBits = isReadable(dtype) ? 8 * DTYPE_BYTES[dtype] : FOREIGN_BITS.get(dtype);
  if (elementBits === undefined) throw dtypeError(source.name, name, dtype);
  const bits = elements * elementBits;
  if (bits !== (end - begin) * 8) {
    throw new FormatError(
      'E_ST_OFFSETS',
      `openSafetensors: ${quote(name)} in ${source.name} has ${end - begin} bytes, which is not what ${dtype.slice(0, 20)} ` +
        `[${shape.join(', ')}] takes. The file is damaged; fetch it again.`,
    );
  }
  if (!isReadable(dtype)) throw dtypeError(source.name, name, dtype);
  const read = async (): Promise<Float32Array> => {
    const result = new Float32Array(elements);
    let start = 0;
    for await (const block of readBlocks(source, dataStart + begin, end - begin)) {
      decodeElements(block, dtype, true, result, start);
      start += block.length / DTYPE_BYTES[dtype];
    }
    return result;
  };
  return { shape, dtype, read };
}

function isReadable(dtype: string): dtype is Dtype {
  return Object.hasOwn(DTYPE_BYTES, dtype);
}

function dtypeError(file: string, name: string, dtype: string): FormatError {
  return new FormatError(
    'E_TENSOR_DTYPE',
    `openSafetensors: ${quote(name)} in ${file} is of ${dtype.slice(0, 20)}, which is not read as ` +
      `float32. Convert it to F32, F16 or BF16 first.`,
  );
}

function headerError(source: ByteSource, what: string, cause?: unknown): FormatError {
  return new FormatError(
    'E_ST_HEADER',
    `openSafetensors: ${source.name} (${source.size} bytes) has no valid header: ${what}. ` +
      `The file is cut or damaged; fetch it again.`,
    { cause },
  );
}

function coverageError(source: ByteSource, what: string): FormatError {
  return new FormatError(
    'E_ST_COVERAGE',
    `openSafetensors: the tensors of ${source.name} do not cover its data exactly: ` +
      `${what}. The file was cut, or bytes were added; fetch it again.`,
  );
}

function quote(name: string): string {
  return JSON.stringify(name.slice(0, 80));
}
