/**
 * One scan of a JPEG: the components that it fills, which blocks it visits, and the five ways in which a block's
 * coefficients are coded (ITU T.81, F.2 and G.2): all at once, or by progression the first bits and later ones, of the
 * first coefficient or of the rest. Pure.
 */
import type { BitReader, HuffmanTable } from './jpeg-huffman.ts';
import { corruptJpeg } from './jpeg-header.ts';

/** One channel: `down` rows of `across` blocks of 64 coefficients, in zigzag order, padded to whole MCUs. */
export interface Component {
  readonly id: number;
  /** Sampling factors, 1 to 4. */
  readonly h: number;
  readonly v: number;
  readonly across: number;
  readonly down: number;
  readonly coefficients: Int16Array;
  readonly tableIndex: number;
  /** Its 64 divisors in zigzag order, known from its first scan on. */
  quantisation: Uint16Array | undefined;
}

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly progressive: boolean;
  /** The largest sampling factors. */
  readonly h: number;
  readonly v: number;
  readonly components: readonly Component[];
}

export interface ScanComponent {
  readonly component: Component;
  readonly dc: HuffmanTable | undefined;
  readonly ac: HuffmanTable | undefined;
  /** The first coefficient of the block before. */
  prediction: number;
}

interface Scan {
  readonly components: readonly ScanComponent[];
  /** Which coefficients, in zigzag order. */
  readonly first: number;
  readonly last: number;
  /** The bit that an earlier scan reached, 0 for none, and the one that this scan reaches. */
  readonly high: number;
  readonly low: number;
  readonly restartInterval: number;
}

/** Reads the block whose 64 coefficients begin at `at`. */
type ReadBlock = (part: ScanComponent, at: number) => void;

/** Reads the scan's data into the components. Throws `E_IMAGE_CORRUPT`. */
export function readScan(frame: Frame, scan: Scan, reader: BitReader, name: string): void {
  const { read, restart } = chooseBlockReader(frame, scan, reader, name);
  let units = 0;
  const countUnit = (): void => {
    if (scan.restartInterval > 0 && units > 0 && units % scan.restartInterval === 0) {
      reader.skipRestart();
      restart();
      for (const part of scan.components) part.prediction = 0;
    }
    units += 1;
  };
  const [only, ...others] = scan.components;
  if (only && others.length === 0) {
    const { component } = only;
    const across = Math.ceil(Math.ceil((frame.width * component.h) / frame.h) / 8);
    const down = Math.ceil(Math.ceil((frame.height * component.v) / frame.v) / 8);
    for (let y = 0; y < down; y++) {
      for (let x = 0; x < across; x++) {
        countUnit();
        read(only, (y * component.across + x) * 64);
      }
    }
    return;
  }
  const across = Math.ceil(frame.width / (8 * frame.h));
  const down = Math.ceil(frame.height / (8 * frame.v));
  for (let unit = 0; unit < across * down; unit++) {
    countUnit();
    for (const part of scan.components) readUnit(part, unit % across, Math.floor(unit / across), read);
  }
}

/** The h × v blocks that a component has in a unit. */
function readUnit(part: ScanComponent, column: number, row: number, read: ReadBlock): void {
  const { h, v, across } = part.component;
  for (let y = 0; y < v; y++) {
    for (let x = 0; x < h; x++) read(part, ((row * v + y) * across + column * h + x) * 64);
  }
}

interface BlockReader {
  readonly read: ReadBlock;
  /** Forgets what reaches from block to block. */
  restart(): void;
}

function chooseBlockReader(frame: Frame, scan: Scan, reader: BitReader, name: string): BlockReader {
  const { first, last, high, low, components } = scan;
  const restart = (): void => {};
  if (!frame.progressive) return { read: readWhole(reader, name), restart };
  const isOrdered = first <= last && last < 64 && low < 14 && (first > 0 || last === 0);
  if (!isOrdered || (first > 0 && components.length > 1)) throw corruptJpeg(name, 'a scan is out of order');
  if (first === 0) return { read: high === 0 ? readFirst(reader, low, name) : refineFirst(reader, low), restart };
  return high === 0 ? readRest(reader, scan, name) : refineRest(reader, scan, name);
}

function need(table: HuffmanTable | undefined, name: string): HuffmanTable {
  if (!table) throw corruptJpeg(name, 'a scan names a table of codes that does not exist');
  return table;
}

/** Sequential files: the difference of the first coefficient, then runs of zeros with the value that ends each. */
function readWhole(reader: BitReader, name: string): ReadBlock {
  return (part, at) => {
    const { coefficients } = part.component;
    const ac = need(part.ac, name);
    part.prediction += reader.readSigned(reader.readSymbol(need(part.dc, name)) & 15);
    coefficients[at] = part.prediction;
    for (let k = 1; k < 64; k++) {
      const symbol = reader.readSymbol(ac);
      const [run, size] = [symbol >> 4, symbol & 15];
      if (size === 0 && run < 15) return;
      k += run;
      if (k > 63) throw corruptJpeg(name, 'a block has too many coefficients');
      if (size > 0) coefficients[at + k] = reader.readSigned(size);
    }
  };
}

function readFirst(reader: BitReader, low: number, name: string): ReadBlock {
  return (part, at) => {
    part.prediction += reader.readSigned(reader.readSymbol(need(part.dc, name)) & 15);
    part.component.coefficients[at] = part.prediction * 2 ** low;
  };
}

function refineFirst(reader: BitReader, low: number): ReadBlock {
  return ({ component: { coefficients } }, at) => {
    if (reader.readBit() === 1) coefficients[at] = coefficients[at]! | (1 << low);
  };
}

/** As `readWhole`, but a run of blocks may end at once. */
function readRest(reader: BitReader, { first, last, low }: Scan, name: string): BlockReader {
  let ended = 0;
  const read: ReadBlock = ({ component: { coefficients }, ac }, at) => {
    if (ended > 0) {
      ended -= 1;
      return;
    }
    const table = need(ac, name);
    for (let k = first; k <= last; k++) {
      const symbol = reader.readSymbol(table);
      const [run, size] = [symbol >> 4, symbol & 15];
      if (size === 0 && run < 15) {
        ended = 2 ** run - 1 + reader.readBits(run);
        return;
      }
      k += run;
      if (k > last && size > 0) throw corruptJpeg(name, 'a block has too many coefficients');
      if (size > 0) coefficients[at + k] = reader.readSigned(size) * 2 ** low;
    }
  };
  return { read, restart: () => (ended = 0) };
}

/** One more bit for each coefficient that is not zero yet, and new ones between them. */
function refineRest(reader: BitReader, { first, last, low }: Scan, name: string): BlockReader {
  let ended = 0;
  const bit = 1 << low;
  const refine = (coefficients: Int16Array, place: number): void => {
    const value = coefficients[place]!;
    if (reader.readBit() === 1 && (value & bit) === 0) coefficients[place] = value + (value > 0 ? bit : -bit);
  };
  const read: ReadBlock = ({ component: { coefficients }, ac }, at) => {
    const table = need(ac, name);
    let k = first;
    for (; ended === 0 && k <= last; k++) {
      const symbol = reader.readSymbol(table);
      let run = symbol >> 4;
      const isNew = (symbol & 15) > 0;
      if (!isNew && run < 15) {
        ended = 2 ** run + reader.readBits(run);
        break;
      }
      const value = isNew ? (reader.readBit() === 1 ? bit : -bit) : 0;
      // The run counts zeros only; what is not zero is refined in passing.
      for (; k <= last; k++) {
        if (coefficients[at + k] !== 0) refine(coefficients, at + k);
        else if (run-- === 0) break;
      }
      if (isNew && k <= last) coefficients[at + k] = value;
    }
    if (ended === 0) return;
    for (; k <= last; k++) if (coefficients[at + k] !== 0) refine(coefficients, at + k);
    ended -= 1;
  };
  return { read, restart: () => (ended = 0) };
}
