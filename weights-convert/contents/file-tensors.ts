/**
 * What a checkpoint holds, before anyone knows what it is: its tensors, each by the way to it and by its name in its
 * own dictionary, and what lies beside them.
 */
import type { FormatError } from '../../base/errors.ts';
import type { PickleValue } from '../pickle/records.ts';
import type { LeftOutValue, TensorData } from '../../nets/weights.ts';

/** A tensor of a file. */
export interface FileTensor {
  /** The way to it: the keys of all dictionaries down to it, with dots. */
  readonly path: string;
  /** The way to the dictionary it is in; empty for the outermost. */
  readonly container: string;
  /** How to read it, or why that cannot be: which only matters to who needs it. */
  readonly data: TensorData | FormatError;
  /** True for one of NumPy's in a pickle. */
  readonly isArray: boolean;
}

/** A value that is no tensor, and where it is. */
export interface FileValue extends LeftOutValue {
  readonly container: string;
  /** True for numbers, text, and lists and dictionaries that hold nothing else: worth a word only near the weights. */
  readonly isPlain: boolean;
}

/** A pickled `nn.Module`. */
export interface FileModule {
  readonly path: string;
  readonly className: string;
  readonly value: PickleValue;
}

export interface FileContents {
  readonly tensors: readonly FileTensor[];
  readonly values: readonly FileValue[];
  readonly modules: readonly FileModule[];
  /** Dictionaries by the way to them. */
  readonly dictionaries: ReadonlyMap<string, ReadonlyMap<string, PickleValue>>;
  /** Of dictionaries with a key that is neither text nor a number, such as a class: what the first of these is. */
  readonly foreignKeys: ReadonlyMap<string, string>;
}

/** The contents of a file that has nothing but tensors in one dictionary. */
export function contentsOf(tensors: ReadonlyMap<string, TensorData | FormatError>): FileContents {
  return {
    tensors: [...tensors].map(([path, data]) => ({ path, container: '', data, isArray: false })),
    values: [],
    modules: [],
    dictionaries: new Map(),
    foreignKeys: new Map(),
  };
}
