/**
 * Looks at the pickle or pickles of a file without asking whether their names are known: what they name, the tensors
 * and values they hold, and on request every opcode. A pickle that breaks off still shows what it named until there.
 */
import { FormatError } from '../../base/errors.ts';
import type { ByteSource } from '../byte-source.ts';
import { classifyGlobal, locateGlobals, refuseGadgets } from '../globals.ts';
import { DEFAULT_BUDGETS } from '../pickle/budgets.ts';
import { decodePickle, type DecodedPickle } from '../pickle/decode-pickle.ts';
import type { GlobalRecord, PickleValue } from '../pickle/records.ts';
import { StorageTable } from '../torch/storage.ts';
import { openTorchLegacy } from '../torch/torch-legacy.ts';
import { openTorchZip } from '../torch/torch-zip.ts';
import { BoundedList } from './bounded-list.ts';
import { PickleExplanation } from './explain-pickle.ts';
import { formatName } from './format-value.ts';
import type { Bounded, ExplainedOpcode, InspectedGlobal, Inspection } from './inspection.ts';
import { listContents, type PickleContents } from './list-contents.ts';

/** What was found, and the first reason why the file cannot be read as a whole. */
export interface PickleFindings extends Pick<Inspection, 'globals' | 'opcodes'> {
  readonly contents: PickleContents | undefined;
  readonly failure: FormatError | undefined;
}

export type PickleContainer = 'torch-zip' | 'torch-legacy' | 'pickle';

const MAX_GLOBALS = 1_000;

/** Looks at a file with pickles in it. */
export async function inspectPickles(
  source: ByteSource,
  container: PickleContainer,
  explain: boolean,
): Promise<PickleFindings> {
  const watch = new DecodingWatch(explain);
  let opened: Opened | undefined;
  let failure: FormatError | undefined;
  try {
    opened = await OPENERS[container](source, watch);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    failure = error;
  }
  const { globals, opcodes } = watch;
  const contents = opened && listContents(opened.root, opened.storages);
  const places = opened ? locateGlobals(opened.root) : new Map<string, string>();
  return {
    globals: summarizeGlobals(globals, places),
    ...(explain && { opcodes }),
    contents,
    failure: findGadgets(globals, source.name) ?? failure,
  };
}

interface Opened {
  readonly root: PickleValue;
  readonly storages: StorageTable;
}

const OPENERS: Readonly<Record<PickleContainer, (source: ByteSource, watch: DecodingWatch) => Promise<Opened>>> = {
  'torch-zip': (source, watch) => openTorchZip(source, watch.decode),
  'torch-legacy': (source, watch) => openTorchLegacy(source, watch.decode),
  async pickle(source, watch) {
    const bytes = await source.read(0, Math.min(source.size, DEFAULT_BUDGETS.streamBytes));
    return { root: watch.decode(bytes).root, storages: new StorageTable(new Map()) };
  },
};

/** Decodes, and remembers what went by. */
class DecodingWatch {
  readonly #explain: boolean;
  readonly #finished: Decoding[] = [];
  /** A pickle that was cut where the reader stopped reading is decoded again with more of it. */
  #unfinished: Decoding | undefined;

  constructor(explain: boolean) {
    this.#explain = explain;
  }

  get globals(): GlobalRecord[] {
    return this.#all.flatMap(({ globals }) => globals);
  }

  get opcodes(): readonly Bounded<ExplainedOpcode>[] {
    return this.#all.map(({ explanation }) => explanation.opcodes);
  }

  readonly decode = (bytes: Uint8Array): DecodedPickle => {
    const decoding: Decoding = { globals: [], explanation: new PickleExplanation() };
    this.#unfinished = decoding;
    const { globals, explanation } = decoding;
    const onStep = this.#explain ? { onStep: explanation.add.bind(explanation) } : {};
    const decoded = decodePickle(bytes, { globals, ...onStep });
    this.#finished.push(decoding);
    this.#unfinished = undefined;
    return decoded;
  };

  get #all(): readonly Decoding[] {
    return this.#unfinished ? [...this.#finished, this.#unfinished] : this.#finished;
  }
}

interface Decoding {
  readonly globals: GlobalRecord[];
  readonly explanation: PickleExplanation;
}

/** Distinct names in the order of their first use; those that run code come first, whatever the bound. */
function summarizeGlobals(
  globals: readonly GlobalRecord[],
  places: ReadonlyMap<string, string>,
): Bounded<InspectedGlobal> {
  const counted = new Map<string, { readonly record: GlobalRecord; count: number }>();
  for (const record of globals) {
    const name = `${record.module}.${record.name}`;
    const known = counted.get(name);
    if (known) known.count++;
    else counted.set(name, { record, count: 1 });
  }
  const found = [...counted].map(([name, { record, count }]): InspectedGlobal => {
    const place = places.get(name);
    const status = classifyGlobal(record);
    return { name: formatName(name), status, count, place: place === undefined ? null : formatName(place) };
  });
  const order = ['runs code', 'unknown', 'allowed'];
  const list = new BoundedList<InspectedGlobal>(MAX_GLOBALS);
  found.sort((a, b) => order.indexOf(a.status) - order.indexOf(b.status)).forEach((item) => list.add(item));
  return list;
}

function findGadgets(globals: readonly GlobalRecord[], sourceName: string): FormatError | undefined {
  try {
    refuseGadgets(globals, sourceName);
    return undefined;
  } catch (error) {
    return error as FormatError;
  }
}
