/** Checkpoints of the goldens written anew with something else in them: what a broken or a made-up file has. */
import type { PickleValue } from '../../weights-convert/pickle/records.ts';
import { dict, orderedDict } from '../../weights-convert/pickle/build-records.ts';
import { openTorchZip } from '../../weights-convert/torch/torch-zip.ts';
import { findTensors } from '../../weights-convert/contents/find-tensors.ts';
import { openFileSource } from '../../weights-convert/node/file-source.ts';
import { FormatError } from '../../base/errors.ts';
import { TorchCheckpoint } from './torch-checkpoint.ts';

/** A tensor's numbers. */
export interface Numbers {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** All tensors of a file by their own names, as numbers; those of a dictionary within by their names in it. */
export async function readNumbers(path: string): Promise<Map<string, Numbers>> {
  const source = await openFileSource(path);
  try {
    const numbers = new Map<string, Numbers>();
    const { tensors } = findTensors(await openTorchZip(source), new Set());
    for (const { path: name, container, data } of tensors) {
      if (data instanceof FormatError) throw data;
      const own = container === '' ? name : name.slice(container.length + 1);
      numbers.set(own, { shape: data.shape, values: await data.read() });
    }
    return numbers;
  } finally {
    await source.close();
  }
}

/** The tensors as a state dict, with whatever stands beside them in it. */
export function writeStateDict(
  numbers: ReadonlyMap<string, Numbers>,
  beside: Readonly<Record<string, PickleValue>> = {},
  wrap: (stateDict: PickleValue) => PickleValue = (stateDict) => stateDict,
): Promise<Uint8Array> {
  const file = new TorchCheckpoint();
  const tensors = [...numbers].map(([name, { shape, values }]): [string, PickleValue] => [
    name,
    file.tensor(values, shape),
  ]);
  return file.save(wrap(orderedDict([...Object.entries(beside), ...tensors])));
}

/** The tensors under `state_dict`, as Lightning has them. */
export function writeLightning(
  numbers: ReadonlyMap<string, Numbers>,
  beside: Readonly<Record<string, PickleValue>> = {},
): Promise<Uint8Array> {
  return writeStateDict(numbers, {}, (stateDict) => dict([...Object.entries(beside), ['state_dict', stateDict]]));
}
