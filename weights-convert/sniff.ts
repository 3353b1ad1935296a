/**
 * What a file is, from its bytes and never from its name: one of the containers dalle-gl opens, or an error that says
 * what the file really is. People hold web pages, log files and Git-LFS pointers called `encoder.pkl`.
 */
import { checkSource } from './check-source.ts';
import { FormatError } from '../base/errors.ts';
import type { ByteSource } from './byte-source.ts';
import { looksLikePickles } from './census/look-like-pickle.ts';
import { decodeHead, describeStandIn, trimText } from './transfer/stand-in.ts';
import { openZip } from './zip/zip-archive.ts';

/**
 * A container that dalle-gl can open. `safetensors-index` is the index of a sharded checkpoint; `pickle` is a bare
 * pickle, which holds no tensors of torch's.
 */
export type Container = 'torch-zip' | 'torch-legacy' | 'safetensors' | 'safetensors-index' | 'npy' | 'npz' | 'pickle';

/** The number that torch's format before 1.6 begins with, as its bytes and as text: a pickle of its own. */
const LEGACY_NUMBER: readonly number[] = [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];
const LEGACY_TEXT: readonly number[] = ascii('L119547037146038801333356L\n.');
/** Protocols 4 and 5 say before it how long it is. */
const LEGACY_FRAME: readonly number[] = [0x95, LEGACY_NUMBER.length, 0, 0, 0, 0, 0, 0, 0];

/**
 * True for the first bytes of a file in torch's format before 1.6, which `torch.save` writes in any pickle protocol.
 */
export function isLegacyStart(bytes: Uint8Array): boolean {
  if (startsWith(bytes, LEGACY_TEXT)) return true;
  const isMarked = bytes[0] === 0x80 && bytes[1]! >= 2 && bytes[1]! <= 5;
  const isFramed = startsWith(bytes, LEGACY_FRAME, 2);
  return isMarked && startsWith(bytes, LEGACY_NUMBER, isFramed ? 2 + LEGACY_FRAME.length : 2);
}

/** A zip's first entry. */
export const ZIP_MAGIC: readonly number[] = [0x50, 0x4b, 0x03, 0x04];

/** As much as is needed to see tar's mark at byte 257 and to quote the start of a text. */
const HEAD_BYTES = 512;

/** How much of a file is tried as a pickle. */
const SAMPLE_BYTES = 256 * 1024;

/**
 * Tells which container a file is.
 *
 * @throws FormatError `E_LFS_POINTER` for a Git-LFS pointer, `E_FORMAT_UNKNOWN` for anything else that is not one
 */
export async function sniffContainer(source: ByteSource): Promise<Container> {
  checkSource('sniffContainer', source);
  const head = await source.read(0, Math.min(HEAD_BYTES, source.size));
  if (startsWith(head, ZIP_MAGIC)) return (await isNpz(head, source)) ? 'npz' : 'torch-zip';
  if (isLegacyStart(head)) return 'torch-legacy';
  if (startsWith(head, [0x93, ...ascii('NUMPY')])) return 'npy';
  if (looksLikeSafetensors(head, source.size)) return 'safetensors';
  if (/^\s*\{[^]*"weight_map"\s*:/.test(decodeHead(head))) return 'safetensors-index';
  if (head[0] === 0x80 && head[1]! >= 2 && head[1]! <= 5) return 'pickle';
  if (looksLikePickles(await source.read(0, Math.min(SAMPLE_BYTES, source.size)), source.size)) return 'pickle';
  throw explainUnknown(head, source);
}

/** Whether a zip holds nothing but NumPy's arrays. */
async function isNpz(head: Uint8Array, source: ByteSource): Promise<boolean> {
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const firstName = head.length < 30 ? '' : decodeHead(head.subarray(30, 30 + view.getUint16(26, true)));
  return firstName.endsWith('.npy') && [...(await openZip(source)).keys()].every((name) => name.endsWith('.npy'));
}

/** True if these bytes stand there. */
export function startsWith(bytes: Uint8Array, prefix: readonly number[], at = 0): boolean {
  return prefix.every((byte, index) => bytes[at + index] === byte);
}

function ascii(text: string): number[] {
  return [...text].map((character) => character.charCodeAt(0));
}

/** An 8-byte header length that fits the file, then a JSON object. */
function looksLikeSafetensors(head: Uint8Array, size: number): boolean {
  if (head.length < 10 || head[8] !== 0x7b) return false;
  const length = new DataView(head.buffer, head.byteOffset).getBigUint64(0, true);
  return length >= 2n && length <= BigInt(size - 8);
}

const READ = 'dalle-gl reads PyTorch checkpoints, safetensors and NumPy arrays';

const FOREIGN: readonly { readonly prefix: readonly number[]; readonly at?: number; readonly what: string }[] = [
  {
    prefix: ascii('ustar'),
    at: 257,
    what: 'a tar archive (torch before 0.2, or a packed folder): unpack or re-save it',
  },
  { prefix: ascii('PYTORCH1'), what: 'a preview format of torch 1.0: load and re-save it with that version' },
  { prefix: ascii('PK'), what: 'an empty or split zip file: fetch it again' },
  { prefix: [0x1f, 0x8b], what: 'gzip data: unpack it first' },
  { prefix: [0xfd, ...ascii('7zXZ')], what: 'xz data: unpack it first' },
  { prefix: ascii('BZh'), what: 'bzip2 data: unpack it first' },
  { prefix: [0x28, 0xb5, 0x2f, 0xfd], what: 'zstd data: unpack it first' },
  { prefix: [0x89, ...ascii('PNG')], what: 'a PNG picture: pass the checkpoint instead' },
  { prefix: [0xff, 0xd8, 0xff], what: 'a JPEG picture: pass the checkpoint instead' },
  { prefix: [0x89, ...ascii('HDF')], what: `an HDF5 file (Keras?): ${READ}` },
  { prefix: ascii('GGUF'), what: `a GGUF file, of llama.cpp's kin: ${READ}` },
  { prefix: ascii('TFL3'), at: 4, what: `a TensorFlow Lite model: ${READ}` },
  { prefix: ascii('PAR1'), what: `a Parquet table: ${READ}` },
  { prefix: ascii('%PDF'), what: 'a PDF document: pass the checkpoint instead' },
  { prefix: [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], what: '7z data: unpack it first' },
  { prefix: ascii('Rar!'), what: 'RAR data: unpack it first' },
];

function explainUnknown(head: Uint8Array, source: ByteSource): FormatError {
  const where = `sniffContainer: ${source.name} (${source.size} bytes)`;
  const foreign = FOREIGN.find(({ prefix, at }) => startsWith(head, prefix, at));
  const what = foreign?.what ?? describeStructure(head) ?? describeText(head) ?? describeBytes(head);
  return describeStandIn(head, where) ?? new FormatError('E_FORMAT_UNKNOWN', `${where} is ${what}.`);
}

/** Formats without a mark, by how their first fields are written. */
function describeStructure(head: Uint8Array): string | undefined {
  const [first = 0, second = 0, third = 0] = head;
  // Protocol buffers: the version of ONNX as field 1, then field 2, the program that wrote it; a SavedModel has a field
  // 2 too, in which a graph follows.
  if (first === 0x08 && second > 0 && second < 0x20 && third === 0x12) {
    const hasProducer = /^[\w .+-]{2,}$/.test(decodeHead(head.subarray(4, 4 + Math.min(head[3] ?? 0, 60))));
    return `${hasProducer ? 'an ONNX model' : 'a model of TensorFlow or ONNX (protocol buffers)'}: ${READ}`;
  }
  // msgpack: a map whose first key is text.
  const isMap = (first > 0x80 && first <= 0x8f) || first === 0xde || first === 0xdf;
  const at = first === 0xde ? 3 : first === 0xdf ? 5 : 1;
  const length = (head[at] ?? 0) - 0xa0;
  if (isMap && length > 0 && length < 0x20 && /^[\w./-]+$/.test(decodeHead(head.subarray(at + 1, at + 1 + length)))) {
    return `msgpack data, as Flax and JAX save their weights: ${READ}`;
  }
  return undefined;
}

function describeText(head: Uint8Array): string | undefined {
  const text = trimText(decodeHead(head));
  return text === undefined ? undefined : `text, not a checkpoint; it begins ${JSON.stringify(text.slice(0, 60))}`;
}

function describeBytes(head: Uint8Array): string {
  const hex = [...head.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return (
    `of no known kind; it begins ${hex}. A PyTorch checkpoint begins 50 4b 03 04 (zip) or 80 02 8a 0a (before 1.6), ` +
    `safetensors with a length and a brace. It may be damaged or encrypted; fetch it again`
  );
}
