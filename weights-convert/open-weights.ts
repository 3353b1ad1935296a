/**
 * Opens a checkpoint of one net, whatever its container, and gives its weights: the way in for the converter and for
 * the library, which loads pickles directly too.
 */
import { FormatError } from '../errors.ts';
import { checkTensors, inferArchitecture, readSizes } from './architecture.ts';
import type { ByteSource } from './byte-source.ts';
import { checkModules } from './check-modules.ts';
import { expectedTensors, type DvaeArchitecture } from './dvae-spec.ts';
import { refuseUnknownGlobals } from './globals.ts';
import { openSafetensors } from './safetensors/read-safetensors.ts';
import { sniffContainer, type Container } from './sniff.ts';
import { collectModuleTensors, collectStateDict, listModules, moduleClass } from './state-dict.ts';
import { openTorchLegacy } from './torch/torch-legacy.ts';
import { openTorchZip } from './torch/torch-zip.ts';
import { refuseBarePickle, type TorchFile } from './torch/torch-file.ts';
import { countElements, type TensorRecord } from './torch/tensor-record.ts';
import type { TensorData, Weights } from './weights.ts';

/** Views can make a small file ask for much: what all tensors take must be in proportion to the file. */
const MIN_TENSOR_BUDGET = 64 * 1024 * 1024;

/**
 * Opens the weights of one net: a module pickle or state dict of torch's (both containers), or safetensors.
 *
 * Reads the file's table of contents only; the source stays open until `close`.
 *
 * @throws FormatError and UnsafeFileError with the codes of `docs/errors.md` for anything that is not such a file
 */
export async function openWeights(source: ByteSource): Promise<Weights> {
  const container = await sniffContainer(source);
  const { architecture, tensors } = await openContents(source, container);
  checkTensors(architecture, new Map([...tensors].map(([name, { shape }]) => [name, shape])), source.name);
  checkTotal(tensors, source);
  const ordered = new Map([...expectedTensors(architecture).keys()].map((name) => [name, tensors.get(name)!]));
  return {
    architecture,
    tensors: ordered,
    source: { name: source.name, bytes: source.size, container },
    close: async () => source.close?.(),
  };
}

const KIND_OF_CLASS: ReadonlyMap<string, DvaeArchitecture['kind']> = new Map([
  ['dall_e.encoder.Encoder', 'dvae-encoder'],
  ['dall_e.decoder.Decoder', 'dvae-decoder'],
]);

interface Contents {
  readonly architecture: DvaeArchitecture;
  readonly tensors: ReadonlyMap<string, TensorData>;
}

async function openContents(source: ByteSource, container: Container): Promise<Contents> {
  switch (container) {
    case 'torch-zip':
      return readTorchContents(await openTorchZip(source), source.name);
    case 'torch-legacy':
      return readTorchContents(await openTorchLegacy(source), source.name);
    case 'safetensors':
      return inferContents((await openSafetensors(source)).tensors, source.name);
    case 'pickle':
      return refuseBarePickle(source);
    case 'npy':
      throw unknownNet(source.name, 'a NumPy array');
  }
}

function readTorchContents(file: TorchFile, sourceName: string): Contents {
  refuseUnknownGlobals(file.root, file.globals, sourceName);
  const toData = (records: ReadonlyMap<string, TensorRecord>): Map<string, TensorData> =>
    new Map(
      [...records].map(([name, record]) => {
        const { shape, dtype } = record;
        return [name, { shape, dtype, read: () => file.readTensor(record) }];
      }),
    );
  const className = moduleClass(file.root);
  if (className === undefined) {
    const tensors = collectStateDict(file.root, file.storages);
    if (!tensors) throw unknownNet(sourceName, 'neither a module nor a plain state dict');
    return inferContents(toData(tensors), sourceName);
  }
  const kind = KIND_OF_CLASS.get(className);
  if (!kind) throw unknownNet(sourceName, `a ${className}`);
  const modules = listModules(file.root);
  const architecture = readSizes(kind, modules[0]!.attributes);
  const tensors = collectModuleTensors(modules, file.storages);
  checkTensors(architecture, new Map([...tensors].map(([name, { shape }]) => [name, shape])), sourceName);
  checkModules(architecture, modules);
  return { architecture, tensors: toData(tensors) };
}

function inferContents(tensors: ReadonlyMap<string, TensorData>, sourceName: string): Contents {
  const architecture = inferArchitecture(new Map([...tensors].map(([name, { shape }]) => [name, shape])));
  if (!architecture) throw unknownNet(sourceName, `${tensors.size} tensors of another net`);
  return { architecture, tensors };
}

function checkTotal(tensors: ReadonlyMap<string, TensorData>, source: ByteSource): void {
  const total = [...tensors.values()].reduce((sum, { shape }) => sum + 4 * countElements(shape), 0);
  const budget = Math.max(4 * source.size, MIN_TENSOR_BUDGET);
  if (total <= budget) return;
  throw new FormatError(
    'E_TENSOR_BUDGET',
    `openWeights: ${source.name} has ${source.size} bytes, its tensors would take ${total}; at most ${budget} are ` +
      `allowed. Its tensors overlap or repeat, as in files made to exhaust memory: do not trust it.`,
  );
}

function unknownNet(sourceName: string, what: string): FormatError {
  return new FormatError(
    'E_ARCHITECTURE',
    `openWeights: ${sourceName} holds ${what}, not an encoder or decoder of OpenAI's dVAE. dalle-gl reads those as ` +
      `modules (encoder.pkl, decoder.pkl) or as state dicts of them.`,
  );
}
