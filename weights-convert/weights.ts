/**
 * One net's weights as the library sees them, whatever file they come from: what the net is, and its tensors by the
 * official names, each read only when asked for. Weights are OIHW, biases [O].
 */
import type { Container } from './sniff.ts';
import type { DvaeArchitecture } from './dvae-spec.ts';
import type { Dtype } from './torch/dtypes.ts';
import { countElements } from './torch/tensor-record.ts';

/** A tensor that has not been read yet. */
export interface TensorData {
  readonly shape: readonly number[];
  /** How the file stores its elements; `read` gives float32 whatever it is. */
  readonly dtype: Dtype;
  /** All elements, row-major, in an array of their own. */
  read(): Promise<Float32Array>;
}

export interface Weights {
  readonly architecture: DvaeArchitecture;
  /** Exactly the tensors of `expectedTensors(architecture)`, in that order. */
  readonly tensors: ReadonlyMap<string, TensorData>;
  /** The file they come from. */
  readonly source: { readonly name: string; readonly bytes: number; readonly container: Container };
  /** Closes the file; tensors cannot be read any more. */
  close(): Promise<void>;
}

/** How many numbers all tensors hold. */
export function countParameters({ tensors }: Weights): number {
  return [...tensors.values()].reduce((sum, { shape }) => sum + countElements(shape), 0);
}
