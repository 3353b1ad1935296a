/**
 * Writes checkpoints for PyTorch: a zip as `torch.save` lays it out, whose pickle names nothing but OrderedDict,
 * tensors and their storages, so that `torch.load(weights_only=True)` takes it. Weights that are halves stay halves.
 * What is around the state dict is as the programs expect it that the net's family is of.
 */
import { FAMILIES } from './families/all-families.ts';
import { formOf, type Family } from './families/family.ts';
import { partOf } from '../nets/net-kinds.ts';
import { orderedDict } from './pickle/build-records.ts';
import { encodePickle } from './pickle/encode-pickle.ts';
import type { PickleValue } from './pickle/records.ts';
import { encodeHalves } from './safetensors/write-safetensors.ts';
import { buildTensor, type WrittenDtype } from './torch/build-tensor.ts';
import type { TensorData, Weights } from '../nets/weights.ts';
import { writeZip, type ZipInput } from './zip/write-zip.ts';

/**
 * The bytes of a net's checkpoint, block by block; one tensor is in memory at a time.
 *
 * @throws DalleError `E_ZIP_LIMIT` above 4 GB
 */
export function writeCheckpoint(weights: Weights, families: readonly Family[] = FAMILIES): AsyncGenerator<Uint8Array> {
  const root = partOf(weights.architecture);
  const tensors = [...weights.tensors];
  const entries = tensors.map(([name, tensor], key): [string, PickleValue] => [
    name,
    buildTensor(String(key), tensor.shape, writtenDtype(tensor)),
  ]);
  const inputs: ZipInput[] = [
    { name: `${root}/data.pkl`, make: () => encodePickle(wrapStateDict(weights, orderedDict(entries), families)) },
    ...tensors.map(([name, tensor], key) => ({ name: `${root}/data/${key}`, make: () => readRaw(name, tensor) })),
    { name: `${root}/version`, make: () => new TextEncoder().encode('3\n') },
  ];
  return writeZip(inputs);
}

/** The state dict as its loader expects it. */
function wrapStateDict({ architecture }: Weights, stateDict: PickleValue, families: readonly Family[]): PickleValue {
  return formOf(architecture, families)?.wrapStateDict?.(architecture, stateDict) ?? stateDict;
}

function writtenDtype({ dtype }: TensorData): WrittenDtype {
  return dtype === 'F16' ? 'F16' : 'F32';
}

async function readRaw(name: string, tensor: TensorData): Promise<Uint8Array> {
  const values = await tensor.read();
  const written = writtenDtype(tensor) === 'F16' ? encodeHalves(name, values) : values;
  return new Uint8Array(written.buffer, written.byteOffset, written.byteLength);
}
