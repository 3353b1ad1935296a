/**
 * Which nets a checkpoint holds: a pickled module, a plain state dict, or a dictionary around one that says what it is.
 * Nothing is told by the caller, and nothing is guessed: a net whose architecture the file does not settle is refused.
 */
import { FormatError } from '../base/errors.ts';
import { listShapes, readSizes } from './architecture.ts';
import { checkModules } from './check-modules.ts';
import { checkTensors } from './check-tensors.ts';
import { isDallePytorch, readDallePytorch } from './dalle-pytorch.ts';
import { whyLeftOut } from './dalle-pytorch-names.ts';
import type { DvaeArchitecture } from './dvae-spec.ts';
import { findDvaes } from './find-dvaes.ts';
import { refuseUnknownGlobals } from './globals.ts';
import type { NetArchitecture } from './net-spec.ts';
import { plainEntries, stringEntries, type PickleValue } from './pickle/records.ts';
import { recogniseNet, refuseUnsupported } from './recognise-net.ts';
import { collectModuleTensors, findStateDict, listModules, moduleClass } from './state-dict.ts';
import type { TorchFile } from './torch/torch-file.ts';
import type { TensorRecord } from './torch/tensor-record.ts';
import { readTransformerConfig } from './transformer-architecture.ts';
import type { LeftOut, TensorData } from './weights.ts';

/** A net and the tensors that the file has for it, not yet checked against each other. */
export interface FoundNet {
  readonly architecture: NetArchitecture;
  readonly tensors: ReadonlyMap<string, TensorData>;
  readonly leftOut?: readonly LeftOut[];
}

const KIND_OF_CLASS: ReadonlyMap<string, DvaeArchitecture['kind']> = new Map([
  ['dall_e.encoder.Encoder', 'dvae-encoder'],
  ['dall_e.decoder.Decoder', 'dvae-decoder'],
]);

/**
 * The nets of a file that `torch.save` wrote.
 *
 * @throws FormatError `E_ARCHITECTURE`, `E_NET_UNSUPPORTED`, `E_PICKLE_UNKNOWN_GLOBAL`
 */
export function findTorchNets(file: TorchFile, sourceName: string): FoundNet[] {
  const className = moduleClass(file.root);
  const tensors = className === undefined ? findStateDict(file.root, file.storages) : undefined;
  // A net known by its name is better refused by it than by the classes of the program that trained it.
  if (tensors) refuseUnsupported(listShapes(tensors), sourceName);
  refuseUnknownGlobals(file.root, file.globals, sourceName);
  if (className !== undefined) return [openModule(file, className, sourceName)];
  if (!tensors) throw unknownNet(sourceName, 'neither a module nor a plain state dict');
  const data = toData(file, tensors);
  const transformer = findTransformer(stringEntries(file.root)!, data, sourceName);
  return transformer ? [transformer] : findStateDictNets(data, sourceName);
}

/**
 * The nets whose tensors these are.
 *
 * @throws FormatError `E_ARCHITECTURE`, `E_NET_UNSUPPORTED`
 */
export function findStateDictNets(tensors: ReadonlyMap<string, TensorData>, sourceName: string): FoundNet[] {
  refuseUnsupported(listShapes(tensors), sourceName);
  const nets = findDvaes(tensors);
  if (nets.length > 0) return nets;
  const known = recogniseNet(listShapes(tensors));
  throw unknownNet(sourceName, known ? `${known.name}; ${known.note}` : `${tensors.size} tensors of another net`);
}

function openModule(file: TorchFile, className: string, sourceName: string): FoundNet {
  const kind = KIND_OF_CLASS.get(className);
  if (!kind) throw unknownNet(sourceName, `a ${className}`);
  const modules = listModules(file.root);
  const architecture = readSizes(kind, modules[0]!.attributes);
  const tensors = collectModuleTensors(modules, file.storages);
  // Wrong tensors say more than the wrong modules behind them.
  checkTensors(architecture, listShapes(tensors), sourceName);
  checkModules(architecture, modules);
  return { architecture, tensors: toData(file, tensors) };
}

/** The transformer of a dictionary that says what it is, as dalle-gl's own and DALLE-pytorch's do. */
function findTransformer(
  entries: ReadonlyMap<string, PickleValue>,
  tensors: ReadonlyMap<string, TensorData>,
  sourceName: string,
): FoundNet | undefined {
  const config = plainEntries(entries.get('config'));
  if (config?.has('model')) return { architecture: readTransformerConfig(config), tensors };
  const shapes = listShapes(tensors);
  if (!isDallePytorch(entries, shapes)) return undefined;
  const needed = [...tensors].filter(([name]) => whyLeftOut(name) === undefined);
  return {
    architecture: readDallePytorch(entries, shapes, sourceName),
    tensors: new Map(needed),
    leftOut: listLeftOut([...tensors.keys()]),
  };
}

function listLeftOut(names: readonly string[]): LeftOut[] {
  const counts = new Map<string, number>();
  for (const name of names) {
    const reason = whyLeftOut(name);
    if (reason !== undefined) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return [...counts].map(([reason, count]) => ({ reason, tensors: count }));
}

function toData(file: TorchFile, records: ReadonlyMap<string, TensorRecord>): Map<string, TensorData> {
  return new Map(
    [...records].map(([name, record]) => {
      const { shape, dtype } = record;
      return [
        name,
        { shape, dtype, read: () => file.readTensor(record), readBlocks: () => file.readTensorBlocks(record) },
      ];
    }),
  );
}

/** An error about a file with no net that dalle-gl knows. */
export function unknownNet(sourceName: string, what: string): FormatError {
  return new FormatError(
    'E_ARCHITECTURE',
    `openWeights: ${sourceName} holds ${what}. dalle-gl reads an encoder or decoder of OpenAI's dVAE as a module ` +
      `(encoder.pkl, decoder.pkl) or a state dict, and transformers of its own and of DALLE-pytorch as saved by training.`,
  );
}
