/**
 * Looks at the pickles of a file without asking whether their names are known: what they name and call, the tensors and
 * values of the one that holds the weights, and on request every opcode. A pickle that breaks off still shows what it
 * named until there.
 */
import { FormatError } from '../../base/errors.ts';
import type { ByteSource } from '../byte-source.ts';
import { findUnsafe, judgeCensus } from '../census/judge-census.ts';
import { takeCensus, type Census } from '../census/take-census.ts';
import { locateGlobals } from '../census/globals.ts';
import { DEFAULT_BUDGETS } from '../pickle/budgets.ts';
import { decodePickle } from '../pickle/decode-pickle.ts';
import type { PickleValue } from '../pickle/records.ts';
import type { Container } from '../sniff.ts';
import { StorageTable } from '../torch/storage.ts';
import { openTorchLegacy } from '../torch/torch-legacy.ts';
import { openTorchZip } from '../torch/torch-zip.ts';
import type { Inspection } from './inspection.ts';
import { listContents, type PickleContents } from './list-contents.ts';
import { summarizePickles, type PickleSummary } from './summarize-pickles.ts';

/** What was found, and the first reason why the file cannot be read as a whole. */
interface PickleFindings extends PickleSummary, Pick<Inspection, 'opcodes'> {
  readonly contents: PickleContents | undefined;
  readonly failure: FormatError | undefined;
}

/** Looks at all pickles of a file; there may be none. */
export async function inspectPickles(
  source: ByteSource,
  container: Container,
  explain: boolean,
): Promise<PickleFindings> {
  const census = await takeCensus(source, container, { explain, searchBroken: true });
  // Of a bare pickle that breaks everything is known by now.
  const broken = container === 'pickle' ? census.pickles[0]?.failure : undefined;
  const { opened, failure } = broken ? { failure: broken } : await openPickle(source, container);
  return {
    ...summarizePickles(census, opened ? locateGlobals(opened.root) : new Map()),
    ...(explain && { opcodes: listOpcodes(census) }),
    contents: opened && listContents(opened.root, opened.storages),
    failure: findUnsafe(census, source.name) ?? failure ?? judgeCensus(census, source.name),
  };
}

interface Opened {
  readonly root: PickleValue;
  readonly storages: StorageTable;
}

/** The object that a file is there for, if it is a pickle's, and why it cannot be had. */
async function openPickle(
  source: ByteSource,
  container: Container,
): Promise<{ readonly opened?: Opened; readonly failure?: FormatError }> {
  try {
    const opened = await OPENERS[container]?.(source);
    return opened ? { opened } : {};
  } catch (error) {
    if (error instanceof FormatError) return { failure: error };
    throw error;
  }
}

const OPENERS: Readonly<Partial<Record<Container, (source: ByteSource) => Promise<Opened>>>> = {
  'torch-zip': (source) => openTorchZip(source, (bytes) => decodePickle(bytes)),
  'torch-legacy': (source) => openTorchLegacy(source, (bytes) => decodePickle(bytes)),
  async pickle(source) {
    const bytes = await source.read(0, Math.min(source.size, DEFAULT_BUDGETS.streamBytes));
    return { root: decodePickle(bytes).root, storages: new StorageTable(new Map()) };
  },
};

function listOpcodes({ pickles }: Census): NonNullable<Inspection['opcodes']> {
  return pickles.flatMap(({ explanation }) => explanation?.opcodes ?? []);
}
