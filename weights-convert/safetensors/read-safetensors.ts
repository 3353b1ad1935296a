/**
 * Reads safetensors by the strict rules of its reference reader: the header fits the file, tensors cover the data from
 * first byte to last without gap or overlap, and every size equals what shape and dtype say. Tensors are read lazily.
 */
import { FormatError } from '../../base/errors.ts';
import { readBlocks, readHalfBlocks, type ByteSource } from '../byte-source.ts';
import { decodeElements } from '../decode-elements.ts';
import { DTYPE_BYTES } from '../torch/dtypes.ts';
import type { Dtype } from '../../nets/weights.ts';
import { countElements } from '../torch/tensor-record.ts';
import type { TensorData } from '../../nets/weights.ts';
import { parseSafetensorsHeader, type HeaderEntry } from './header-parser.ts';
import { quote } from './json-reader.ts';

interface SafetensorsFile {
  /** In the order of their bytes. */
  readonly tensors: ReadonlyMap<string, TensorData>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** Where a tensor lies, and how its elements are stored. */
export interface TensorSpan {
  /** The file's own name of the type; not every one can be read as float32. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Of the first byte, counted from the start of the file. */
  readonly position: number;
  readonly bytes: number;
}

/** A file's table of contents, in the order of the bytes. */
interface SafetensorsLayout {
  readonly spans: ReadonlyMap<string, TensorSpan>;
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
  ['F8_E4M3FNUZ', 8],
  ['F8_E5M2FNUZ', 8],
  ['F6_E2M3', 6],
  ['F6_E3M2', 6],
  ['F4', 4],
  ['C64', 64],
]);

/**
 * Opens a safetensors file all of whose tensors are wanted.
 *
 * @throws FormatError as `readSafetensorsLayout`, and `E_TENSOR_DTYPE` for elements that are not read as float32
 */
export async function openSafetensors(source: ByteSource): Promise<SafetensorsFile> {
  const layout = await readSafetensorsLayout(source);
  return { tensors: requireReadable(makeTensors(source, layout)), metadata: layout.metadata };
}

/**
 * The tensors of a safetensors file; an error for one of a type that is not read, which only matters to who needs it.
 *
 * @throws FormatError as `readSafetensorsLayout`
 */
export async function listSafetensors(source: ByteSource): Promise<Map<string, TensorData | FormatError>> {
  return makeTensors(source, await readSafetensorsLayout(source));
}

function makeTensors(source: ByteSource, { spans }: SafetensorsLayout): Map<string, TensorData | FormatError> {
  return new Map([...spans].map(([name, span]) => [name, makeTensor(source, name, span)]));
}

/** @throws the first of the errors */
export function requireReadable(
  tensors: ReadonlyMap<string, TensorData | FormatError>,
): ReadonlyMap<string, TensorData> {
  const readable = new Map<string, TensorData>();
  for (const [name, tensor] of tensors) {
    if (tensor instanceof FormatError) throw tensor;
    readable.set(name, tensor);
  }
  return readable;
}

/**
 * Reads and checks what a safetensors file says it holds.
 *
 * @throws FormatError `E_ST_HEADER`, `E_ST_JSON`, `E_ST_DUPLICATE`, `E_ST_OFFSETS`, `E_ST_COVERAGE`; `E_TENSOR_DTYPE`
 *   for a type that safetensors does not have
 */
export async function readSafetensorsLayout(source: ByteSource): Promise<SafetensorsLayout> {
  const { text, dataStart } = await readHeader(source);
  const { entries, metadata } = parseSafetensorsHeader(text);
  const ordered = [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  const spans = new Map<string, TensorSpan>();
  let position = 0;
  for (const [name, entry] of ordered) {
    const { begin, end, dtype, shape } = entry;
    if (begin !== position) throw coverageError(source, `${quote(name)} begins at ${begin}, not ${position}`);
    checkBytes(source, name, entry);
    position = end;
    spans.set(name, { dtype, shape, position: dataStart + begin, bytes: end - begin });
  }
  const end = dataStart + position;
  if (end !== source.size) throw coverageError(source, `the tensors end at byte ${end} of ${source.size}`);
  return { spans, metadata };
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

/** A tensor has as many bytes as its shape and type take. */
function checkBytes(source: ByteSource, name: string, { dtype, shape, begin, end }: HeaderEntry): void {
  const elementBits = isReadable(dtype) ? 8 * DTYPE_BYTES[dtype] : FOREIGN_BITS.get(dtype);
  if (elementBits === undefined) {
    // A type that is newer than this reader: of what size it is cannot be said, and need not be to leave it out.
    if (/^[A-Z][A-Z0-9_]{0,19}$/.test(dtype)) return;
    throw dtypeError(source.name, name, dtype);
  }
  if (countElements(shape) * elementBits === (end - begin) * 8) return;
  throw new FormatError(
    'E_ST_OFFSETS',
    `openSafetensors: ${quote(name)} in ${source.name} has ${end - begin} bytes, which is not what ${dtype.slice(0, 20)} ` +
      `[${shape.join(', ')}] takes. The file is damaged; fetch it again.`,
  );
}

function makeTensor(
  source: ByteSource,
  name: string,
  { dtype, shape, position, bytes }: TensorSpan,
): TensorData | FormatError {
  if (!isReadable(dtype)) return dtypeError(source.name, name, dtype);
  const blocks = (): AsyncGenerator<Float32Array> => decodeBlocks(source, dtype, position, bytes);
  const read = async (): Promise<Float32Array> => {
    const result = new Float32Array(countElements(shape));
    let start = 0;
    for await (const block of readBlocks(source, position, bytes)) {
      decodeElements(block, dtype, true, result, start);
      start += block.length / DTYPE_BYTES[dtype];
    }
    return result;
  };
  const halves = (): AsyncGenerator<Uint16Array> => readHalfBlocks(source, position, bytes);
  return { shape, dtype, read, readBlocks: blocks, ...(dtype === 'F16' && { readHalves: halves }) };
}

async function* decodeBlocks(
  source: ByteSource,
  dtype: Dtype,
  position: number,
  bytes: number,
): AsyncGenerator<Float32Array> {
  for await (const block of readBlocks(source, position, bytes)) {
    const values = new Float32Array(block.length / DTYPE_BYTES[dtype]);
    decodeElements(block, dtype, true, values, 0);
    yield values;
  }
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
