/**
 * A JPEG's frame taken apart: its components with their coefficients, as the scans give them, and nothing computed from
 * them yet. For four-component files, which the decoder in WebAssembly refuses. Baseline, extended and progressive
 * files with Huffman codes are read (ITU T.81, annexes B, F and G). Pure.
 */
import { BitReader, makeHuffmanTable, type HuffmanTable } from './jpeg-huffman.ts';
import { checkCoding, corruptJpeg } from './jpeg-header.ts';
import { readScan, type Frame, type ScanComponent } from './jpeg-scan.ts';

export interface JpegFrame extends Frame {
  /** What Adobe's segment says of the colours: 0 as they are, else YCbCr and the rest. */
  readonly transform: number;
}

interface Tables {
  readonly quantisation: Map<number, Uint16Array>;
  /** First coefficients by 0 to 3, the others by 16 to 19, as DHT names them. */
  readonly huffman: Map<number, HuffmanTable>;
  restartInterval: number;
}

/** All of it. Throws `E_IMAGE_CORRUPT`, `E_IMAGE_UNSUPPORTED` for arithmetic codes, 12 bits and lossless files. */
export function readJpegFrame(jpeg: Uint8Array, name: string): JpegFrame {
  const tables: Tables = { quantisation: new Map(), huffman: new Map(), restartInterval: 0 };
  let frame: Frame | undefined;
  let transform = 0;
  for (let at = 2; ;) {
    const { marker, start } = findMarker(jpeg, at, name);
    if (marker === 0xd9) break;
    at = start;
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) continue;
    const end = start + (jpeg[start] ?? NaN) * 256 + (jpeg[start + 1] ?? NaN);
    if (!(end >= start + 2 && end <= jpeg.length)) throw corruptJpeg(name, 'it ends in the middle');
    const data = jpeg.subarray(start + 2, end);
    at = end;
    if (marker === 0xdb) readQuantisation(data, tables, name);
    else if (marker === 0xc4) readHuffman(data, tables, name);
    else if (marker === 0xdd) tables.restartInterval = data.length < 2 ? 0 : data[0]! * 256 + data[1]!;
    else if (marker === 0xee && data.length >= 12 && isAdobe(data)) transform = data[11]!;
    else if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc8 && marker !== 0xcc) {
      if (frame) throw corruptJpeg(name, 'it has two headers');
      frame = readFrame(marker, data, name);
    } else if (marker === 0xda) {
      if (!frame) throw corruptJpeg(name, 'it has no header');
      const reader = new BitReader(jpeg, end, name);
      const { restartInterval } = tables;
      readScan(frame, { ...readScanHead(data, frame, tables, name), restartInterval }, reader, name);
      at = reader.position;
    }
  }
  if (!frame) throw corruptJpeg(name, 'it has no header');
  return { ...frame, transform };
}

/** The next marker: anything before 0xFF is garbage that decoders skip, a run of 0xFF is padding. */
function findMarker(jpeg: Uint8Array, from: number, name: string): { marker: number; start: number } {
  for (let at = jpeg.indexOf(0xff, from); at >= 0; at = jpeg.indexOf(0xff, at + 1)) {
    const marker = jpeg[at + 1];
    if (marker !== undefined && marker !== 0 && marker !== 0xff) return { marker, start: at + 2 };
  }
  throw corruptJpeg(name, 'it ends early');
}

function isAdobe(data: Uint8Array): boolean {
  return String.fromCharCode(...data.subarray(0, 5)) === 'Adobe';
}

function readQuantisation(data: Uint8Array, tables: Tables, name: string): void {
  for (let at = 0; at < data.length;) {
    const wide = data[at]! >> 4;
    const bytes = wide ? 128 : 64;
    if (wide > 1 || at + 1 + bytes > data.length) throw corruptJpeg(name, 'a table of divisors is malformed');
    const from = at + 1;
    const values = Uint16Array.from({ length: 64 }, (_, i) => {
      return wide ? data[from + i * 2]! * 256 + data[from + i * 2 + 1]! : data[from + i]!;
    });
    tables.quantisation.set(data[at]! & 15, values);
    at = from + bytes;
  }
}

function readHuffman(data: Uint8Array, tables: Tables, name: string): void {
  for (let at = 0; at < data.length;) {
    const counts = data.subarray(at + 1, at + 17);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const end = at + 17 + total;
    if (total > 256 || end > data.length) throw corruptJpeg(name, 'a table of codes is malformed');
    tables.huffman.set(data[at]!, makeHuffmanTable(counts, data.subarray(at + 17, end), name));
    at = end;
  }
}

function readFrame(marker: number, data: Uint8Array, name: string): Frame {
  const [bits = 0, count = 0] = [data[0], data[5]];
  checkCoding(marker, bits, name);
  if (data.length < 6 + 3 * count) throw corruptJpeg(name, 'its header is too short');
  const [height, width] = [data[1]! * 256 + data[2]!, data[3]! * 256 + data[4]!];
  const described = Array.from({ length: count }, (_, i) => {
    const [id, factors, tableIndex] = data.subarray(6 + i * 3) as unknown as [number, number, number];
    return { id, h: factors >> 4, v: factors & 15, tableIndex };
  });
  const isSampled = described.every(({ h, v }) => h >= 1 && h <= 4 && v >= 1 && v <= 4);
  if (!isSampled || width === 0 || height === 0) throw corruptJpeg(name, 'its header is malformed');
  const h = Math.max(...described.map((component) => component.h));
  const v = Math.max(...described.map((component) => component.v));
  const components = described.map((component) => {
    const across = Math.ceil(width / (8 * h)) * component.h;
    const down = Math.ceil(height / (8 * v)) * component.v;
    const coefficients = new Int16Array(across * down * 64);
    return { ...component, across, down, coefficients, quantisation: undefined };
  });
  return { width, height, progressive: marker === 0xc2, h, v, components };
}

interface ScanHead {
  readonly components: readonly ScanComponent[];
  readonly first: number;
  readonly last: number;
  readonly high: number;
  readonly low: number;
}

function readScanHead(data: Uint8Array, frame: Frame, tables: Tables, name: string): ScanHead {
  const count = data[0] ?? 0;
  if (count < 1 || count > 4 || data.length < 4 + 2 * count) throw corruptJpeg(name, 'a scan is malformed');
  const components = Array.from({ length: count }, (_, i) => {
    const component = frame.components.find(({ id }) => id === data[1 + i * 2]);
    const codes = data[2 + i * 2]!;
    if (!component) throw corruptJpeg(name, 'a scan names a channel that does not exist');
    component.quantisation ??= tables.quantisation.get(component.tableIndex);
    const [dc, ac] = [tables.huffman.get(codes >> 4), tables.huffman.get(16 + (codes & 15))];
    return { component, dc, ac, prediction: 0 };
  });
  const [first, last, shifts] = data.subarray(1 + 2 * count) as unknown as [number, number, number];
  return { components, first, last, high: shifts >> 4, low: shifts & 15 };
}
