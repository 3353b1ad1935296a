/**
 * Every pickle in a file, wherever it lies: behind another one, in any entry of a zip whatever its name, in an array of
 * objects of NumPy's, in bytes that a pickle gives to PyTorch to open. For each what it names and calls, and how many
 * bytes are none of it. Nothing is judged here (judge-census.ts), and nothing is said of a container's own structure.
 */
import { FormatError } from '../../base/errors.ts';
import { sourceFromBytes, type ByteSource } from '../byte-source.ts';
import { decodePickle } from '../pickle/decode-pickle.ts';
import type { PickleTrace } from '../pickle/trace.ts';
import { isLegacyStart, startsWith, ZIP_MAGIC, type Container } from '../sniff.ts';
import { openTorchLegacy } from '../torch/torch-legacy.ts';
import { inflateZipEntry, openZip, type ZipEntry } from '../zip/zip-archive.ts';
import { quote } from '../zip/zip-end.ts';
import type { FoundPickle, NameUse } from './found-pickle.ts';
import { hasPickleMark, looksLikePickles } from './look-like-pickle.ts';
import { listGivenBytes, OPENS_BYTES } from './given-bytes.ts';
import { findObjects } from './npy-objects.ts';
import { scanPickles, type Scan, type ScanPlan } from './scan-pickles.ts';

export interface Census {
  /** In the order of the file, that in bytes given to another one behind it. */
  readonly pickles: readonly FoundPickle[];
  /** Zeros between and behind pickles. */
  readonly padding: number;
  /** Bytes where pickles were expected and are none. */
  readonly unexplained: number;
}

interface CensusOptions {
  /** Also explain each pickle, opcode by opcode [false]. */
  readonly explain?: boolean;
  /** Also search a zip that cannot be opened for pickles [false]: who only wants its weights is refused anyway. */
  readonly searchBroken?: boolean;
}

/** Files within bytes within files: deeper ones are not looked into. */
const MAX_LEVELS = 4;
/** What begins a zip's entry, where most that are no pickle show it. */
const HEAD_BYTES = 4096;
/** Pickles that a legacy file begins with. */
const LEGACY_PICKLES = 5;

/** What was found, for as long as somebody holds the source: inspecting, opening and refusing a file all ask. */
const TAKEN = new WeakMap<
  ByteSource,
  { readonly census: Census; readonly explain: boolean; readonly searchBroken: boolean }
>();

/** Looks through a file. Never throws for what is in it. */
export async function takeCensus(
  source: ByteSource,
  container: Container,
  { explain = false, searchBroken = false }: CensusOptions = {},
): Promise<Census> {
  const known = TAKEN.get(source);
  if (known && (known.explain || !explain) && (known.searchBroken || !searchBroken)) return known.census;
  const census = new CensusTaker(explain, searchBroken);
  await census.lookAtFile(source, container, '', 0);
  TAKEN.set(source, { census, explain, searchBroken });
  return census;
}

class CensusTaker implements Census {
  readonly pickles: FoundPickle[] = [];
  padding = 0;
  unexplained = 0;
  readonly #explain: boolean;
  readonly #searchBroken: boolean;

  constructor(explain: boolean, searchBroken: boolean) {
    this.#explain = explain;
    this.#searchBroken = searchBroken;
  }

  /** @returns false if something in it could not be looked through */
  async lookAtFile(source: ByteSource, container: Container, place: string, level: number): Promise<boolean> {
    const whole = { source, start: 0, end: source.size, place };
    switch (container) {
      case 'pickle':
        return isExplained(await this.#scan(whole, level));
      case 'torch-legacy':
        return this.#lookAtLegacy(whole, level);
      case 'torch-zip':
      case 'npz':
        return this.#lookAtZip(source, place, level);
      case 'npy':
        return this.#lookAtArray(whole, level);
      case 'safetensors':
        // Its first bytes, a length, may also begin a pickle that skips over the header.
        await this.#scan({ ...whole, most: 1, isGuess: true, place: joinPlaces(place, 'read as a pickle') }, level);
        return true;
      case 'safetensors-index':
        return true;
    }
  }

  async #scan(plan: Omit<ScanPlan, 'explain'>, level: number): Promise<Scan> {
    const nested: (() => Promise<void>)[] = [];
    const onDecoded = async (trace: PickleTrace, found: FoundPickle): Promise<void> => {
      const use = found.names.get(OPENS_BYTES);
      if (use) nested.push(() => this.#lookAtGiven(listGivenBytes(trace, use, found.failure), use, found.place, level));
    };
    const scan: Scan = await scanPickles({ ...plan, explain: this.#explain, onDecoded });
    // A guess is of data, which may be a pickle of no names by accident.
    const kept = plan.isGuess || plan.isRest ? scan.pickles.filter(({ names }) => names.size > 0) : scan.pickles;
    for (const found of kept) this.pickles.push(found);
    this.padding += kept.length > 0 ? scan.padding : 0;
    this.unexplained += kept.length > 0 && !plan.isRest ? scan.unexplained : 0;
    for (const look of nested) await look();
    return scan;
  }

  /** Five pickles, then raw data, which torch's reader counts; where it cannot, whatever else seems to be a pickle. */
  async #lookAtLegacy(plan: Omit<ScanPlan, 'explain'>, level: number): Promise<boolean> {
    const { pickles } = await this.#scan({ ...plan, most: LEGACY_PICKLES }, level);
    try {
      await openTorchLegacy(plan.source, (bytes) => decodePickle(bytes));
      return true;
    } catch (error) {
      requireFormatError(error);
    }
    const start = pickles.reduce((sum, { bytes }) => sum + bytes, 0);
    if (start < plan.end) await this.#scan({ ...plan, start, isRest: true }, level);
    return false;
  }

  async #lookAtZip(source: ByteSource, place: string, level: number): Promise<boolean> {
    let entries: Map<string, ZipEntry>;
    try {
      entries = await openZip(source);
    } catch (error) {
      requireFormatError(error);
      // Others may open it all the same: they look for the end of the directory, or only for an entry's header.
      if (this.#searchBroken) await this.#scan({ source, start: 0, end: source.size, place, isRest: true }, level);
      return false;
    }
    let isWhole = true;
    for (const entry of entries.values()) {
      const isRead = await this.#lookAtEntry(source, entry, joinPlaces(place, quote(entry.name)), level);
      isWhole &&= isRead;
    }
    return isWhole;
  }

  async #lookAtEntry(source: ByteSource, entry: ZipEntry, place: string, level: number): Promise<boolean> {
    const { offset, size } = entry;
    if (entry.packed !== undefined) return this.#lookAtDeflated(source, entry, place, level);
    const head = await source.read(offset, Math.min(size, HEAD_BYTES));
    const part = { source, start: offset, end: offset + size, place };
    if (startsWith(head, ZIP_MAGIC) || isLegacyStart(head)) {
      const container = startsWith(head, ZIP_MAGIC) ? 'torch-zip' : 'torch-legacy';
      const isRead =
        level < MAX_LEVELS && (await this.lookAtFile(sliceSource(source, entry), container, place, level + 1));
      if (!isRead) this.unexplained += size;
      return isRead;
    }
    if (hasPickleMark(head) || looksLikePickles(head, size)) {
      return isExplained(await this.#scan({ ...part, isGuess: true }, level));
    }
    return this.#lookAtArray(part, level);
  }

  /** The text of a program: who unpacks the archive has it as a file. */
  async #lookAtDeflated(source: ByteSource, entry: ZipEntry, place: string, level: number): Promise<boolean> {
    const bytes = await inflateZipEntry(source, entry);
    if (!bytes) {
      this.unexplained += entry.size;
      return false;
    }
    const stored = { name: entry.name, offset: 0, size: bytes.length, crc: entry.crc };
    return this.#lookAtEntry(sourceFromBytes(bytes, place), stored, place, level);
  }

  /** An array of objects is a header and a pickle. */
  async #lookAtArray(part: Omit<ScanPlan, 'explain'>, level: number): Promise<boolean> {
    const found = await findObjects(part.source, part.start, part.end);
    if (!found) return true;
    const { start, isCertain } = found;
    return isExplained(await this.#scan({ ...part, start, isGuess: !isCertain }, level));
  }

  /** Answers for a call that opens bytes, if each time they are bytes, and a file of torch's that is looked through. */
  async #lookAtGiven(
    given: readonly Uint8Array[] | undefined,
    use: NameUse,
    place: string,
    level: number,
  ): Promise<void> {
    let isAnswered = given !== undefined && level < MAX_LEVELS;
    const at = joinPlaces(place, `bytes given to ${OPENS_BYTES}`);
    for (const bytes of (level < MAX_LEVELS && given) || []) {
      const container = containerOf(bytes);
      const isRead = await this.lookAtFile(sourceFromBytes(bytes, at), container, at, level + 1);
      isAnswered &&= isRead && container === 'torch-legacy';
    }
    use.isAnswered = isAnswered;
  }
}

function isExplained({ unexplained }: Scan): boolean {
  return unexplained === 0;
}

/** What `torch.load` would take bytes for. */
function containerOf(bytes: Uint8Array): Container {
  if (isLegacyStart(bytes)) return 'torch-legacy';
  return startsWith(bytes, ZIP_MAGIC) ? 'torch-zip' : 'pickle';
}

function sliceSource(source: ByteSource, { offset, size, name }: ZipEntry): ByteSource {
  return { name: `${quote(name)} in ${source.name}`, size, read: (from, length) => source.read(offset + from, length) };
}

function joinPlaces(...places: readonly string[]): string {
  return places.filter((place) => place !== '').join(', ');
}

function requireFormatError(error: unknown): void {
  if (!(error instanceof FormatError)) throw error;
}
