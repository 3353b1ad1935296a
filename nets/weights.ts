/**
 * One net's weights as the library sees them, whatever file they come from: what the net is, and its tensors by the
 * file's names, each read only when asked for. A dVAE's weights are OIHW, a transformer's [outputs, inputs], biases
 * [O].
 */
import { argumentError, checkFunction, checkObject } from '../base/check-argument.ts';
import { checkArchitecture, type NetArchitecture, type NetKind } from './net-kinds.ts';

/** Element types that can be read, in safetensors' spelling. */
export type Dtype = 'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'I32' | 'I16' | 'I8' | 'U8' | 'BOOL';

/** A tensor that has not been read yet. */
export interface TensorData {
  readonly shape: readonly number[];
  /** How the file stores its elements; `read` gives float32 whatever it is. */
  readonly dtype: Dtype;
  /** What its file calls it, where that is another name than the net's; for messages. */
  readonly nameInFile?: string;
  /** All elements, row-major, in an array of their own. */
  read(): Promise<Float32Array>;
  /**
   * The same elements in pieces of about a megabyte, for whoever needs no more at a time; left out where only `read`
   * is.
   */
  readBlocks?(): AsyncIterable<Float32Array>;
  /** The bits of the same elements in pieces, where the file has them as halves in this order: nothing is widened. */
  readHalves?(): AsyncIterable<Uint16Array>;
}

/** The elements of a tensor in order: in pieces where it has them, else at once. */
export async function* tensorBlocks(tensor: Pick<TensorData, 'read' | 'readBlocks'>): AsyncGenerator<Float32Array> {
  if (tensor.readBlocks) yield* tensor.readBlocks();
  else yield await tensor.read();
}

/** What its file calls a tensor. */
export function nameInFile(name: string, tensor: Pick<TensorData, 'nameInFile'>): string {
  return tensor.nameInFile ?? name;
}

/** Tensors of a file that its net does not need. */
export interface LeftOut {
  readonly reason: string;
  /** How many. */
  readonly tensors: number;
}

/** Something of a file that is no tensor, and that its net does not need. */
export interface LeftOutValue {
  readonly path: string;
  /** Its Python class, such as `argparse.Namespace`; for a function, its name. */
  readonly className: string;
}

/** What stood before names of tensors in the file, and is no part of the net's. */
export interface TakenOff {
  readonly prefix: string;
  /** From how many names it was taken. */
  readonly tensors: number;
}

/** The weights of one net, each read when it is asked for. */
export interface Weights<Architecture extends NetArchitecture = NetArchitecture> {
  readonly architecture: Architecture;
  /** The family of checkpoints that it was found by; absent for one that was in none. */
  readonly family?: string;
  /** Exactly the tensors of `expectedNetTensors(architecture)`, in that order, by the file's names. */
  readonly tensors: ReadonlyMap<string, TensorData>;
  /** The same tensors by the net's own names, in the shapes it wants; absent where the file has them so. */
  readonly byNetName?: ReadonlyMap<string, TensorData>;
  /** The file they come from. */
  readonly source: { readonly name: string; readonly bytes: number; readonly container: string };
  /** What else the file has; absent if there is nothing else. */
  readonly leftOut?: readonly LeftOut[];
  /** What else that is no tensor; absent if there is nothing. */
  readonly leftOutValues?: readonly LeftOutValue[];
  /** Prefixes of names that were taken off; absent if there were none. */
  readonly takenOff?: readonly TakenOff[];
  /** Closes the file; its tensors cannot be read any more, nor those of another net in it. */
  close(): Promise<void>;
}

/** The weights of one kind of net. */
export type WeightsOf<Kind extends NetKind> = Weights<Extract<NetArchitecture, { readonly kind: Kind }>>;

/** Whether weights are those of such a net. */
export function isKind<Kind extends NetKind>(weights: Weights, kind: Kind): weights is WeightsOf<Kind> {
  checkObject('isKind', 'weights', weights);
  checkObject('isKind', 'architecture', weights.architecture);
  return weights.architecture.kind === kind;
}

/** How many numbers all tensors hold. */
export function countParameters({ tensors }: Weights): number {
  return [...tensors.values()].reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
}

/** Throws UsageError `E_ARGUMENT` for what are no weights, FormatError `E_ARCHITECTURE` for sizes that no net has. */
export function checkWeights(where: string, weights: Weights): void {
  checkObject(where, 'weights, as `openWeights` gives them', weights);
  checkArchitecture(where, weights.architecture);
  if (!(weights.tensors instanceof Map)) throw argumentError(where, 'tensors, a Map by name', weights.tensors);
  checkFunction(where, 'close', weights.close);
}

/** A net's tensors by the names that its code looks them up by, in their shapes. */
export function netTensors(weights: Weights): ReadonlyMap<string, TensorData> {
  checkWeights('netTensors', weights);
  return weights.byNetName ?? weights.tensors;
}
