/**
 * Which nets a checkpoint holds: a pickled module, a plain state dict, or a dictionary around one that says what it is.
 * Nothing is told by the caller, and nothing is guessed: a net whose architecture the file does not settle is refused.
 */
import { FormatError } from '../errors.ts';
import { inferArchitecture, readSizes, type Shapes } from './architecture.ts';
import { checkModules } from './check-modules.ts';
import { checkTensors } from './check-tensors.ts';
import type { DvaeArchitecture } from './dvae-spec.ts';
import { refuseUnknownGlobals } from './globals.ts';
import type { NetArchitecture } from './net-spec.ts';
import { plainEntries, stringEntries, type PickleValue } from './pickle/records.ts';
import { refuseUnsupported } from './recognise-net.ts';
import { collectModuleTensors, findStateDict, listModules, moduleClass } from './state-dict.ts';
import type { TorchFile } from './torch/torch-file.ts';
import type { TensorRecord } from './torch/tensor-record.ts';
import { readTransformerConfig } from './transformer-architecture.ts';
import type { TensorData } from './weights.ts';

/** A net and the tensors that the file has for it, not yet checked against each other. */
export interface FoundNet {
  readonly architecture: NetArchitecture;
  readonly tensors: ReadonlyMap<string, TensorData>;
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
  const architecture = findTransformer(stringEntries(file.root)!);
  return architecture
    ? [{ architecture, tensors: toData(file, tensors) }]
    : findStateDictNets(toData(file, tensors), sourceName);
}

/**
 * The nets whose tensors these are.
 *
 * @throws FormatError `E_ARCHITECTURE`, `E_NET_UNSUPPORTED`
 */
export function findStateDictNets(tensors: ReadonlyMap<string, TensorData>, sourceName: string): FoundNet[] {
  refuseUnsupported(listShapes(tensors), sourceName);
  const architecture = inferArchitecture(listShapes(tensors));
  if (!architecture) throw unknownNet(sourceName, `${tensors.size} tensors of another net`);
  return [{ architecture, tensors }];
}

/** Name → shape. */
export function listShapes(tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>): Shapes {
  return new Map([...tensors].map(([name, { shape }]) => [name, shape]));
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

/** What a checkpoint of dalle-gl's own, `{config, state_dict}`, says that it holds. */
function findTransformer(entries: ReadonlyMap<string, PickleValue>): NetArchitecture | undefined {
  const config = plainEntries(entries.get('config'));
  return config?.has('model') ? readTransformerConfig(config) : undefined;
}

function toData(file: TorchFile, records: ReadonlyMap<string, TensorRecord>): Map<string, TensorData> {
  return new Map(
    [...records].map(([name, record]) => {
      const { shape, dtype } = record;
      return [name, { shape, dtype, read: () => file.readTensor(record) }];
    }),
  );
}

/** An error about a file with no net that dalle-gl knows. */
export function unknownNet(sourceName: string, what: string): FormatError {
  return new FormatError(
    'E_ARCHITECTURE',
    `openWeights: ${sourceName} holds ${what}, not an encoder or decoder of OpenAI's dVAE. dalle-gl reads those as ` +
      `modules (encoder.pkl, decoder.pkl) or as state dicts of them.`,
  );
}
