/**
 * One net's weights as the library sees them, whatever file they come from: what the net is, and its tensors by the
 * file's names, each read only when asked for. A dVAE's weights are OIHW, a transformer's [outputs, inputs], biases [O].
 */
import type { LeftOutValue } from '../weights-convert/contents/file-tensors.ts';
import { checkObject } from '../base/check-argument.ts';
import type { Container } from '../weights-convert/sniff.ts';
import type { NetArchitecture, NetKind } from './net-kinds.ts';
import type { Dtype } from '../weights-convert/torch/dtypes.ts';
import { countElements } from '../weights-convert/torch/tensor-record.ts';

/** A tensor that has not been read yet. */
export interface TensorData {
  readonly shape: readonly number[];
  /** How the file stores its elements; `read` gives float32 whatever it is. */
  readonly dtype: Dtype;
  /** What its file calls it, where that is another name than the net's; for messages. */
  readonly nameInFile?: string;
  /** All elements, row-major, in an array of their own. */
  read(): Promise<Float32Array>;
  /** The same elements in pieces of about a megabyte, for whoever needs no more at a time; left out where only `read` is. */
  readBlocks?(): AsyncIterable<Float32Array>;
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

/** What stood before names of tensors in the file, and is no part of the net's. */
export interface TakenOff {
  readonly prefix: string;
  /** From how many names it was taken. */
  readonly tensors: number;
}

/** The weights of one net, each read when it is asked for. */
export interface Weights<Architecture extends NetArchitecture = NetArchitecture> {
  readonly architecture: Architecture;
  /** Exactly the tensors of `expectedNetTensors(architecture)`, in that order, by the file's names. */
  readonly tensors: ReadonlyMap<string, TensorData>;
  /** The file they come from. */
  readonly source: { readonly name: string; readonly bytes: number; readonly container: Container };
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
  return [...tensors.values()].reduce((sum, { shape }) => sum + countElements(shape), 0);
}
