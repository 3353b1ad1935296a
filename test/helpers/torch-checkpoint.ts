/**
 * Checkpoints for tests, as `torch.save` and `pickle.dump` would write them: tensors with storages of their own,
 * NumPy's arrays with their bytes in the pickle, and whatever records are put around them.
 */
import { generateTensors } from '../../weights-convert/families/openai/official-size.ts';
import { OFFICIAL_DECODER, OFFICIAL_ENCODER, type DvaeArchitecture } from '../../nets/dvae/architecture.ts';
import { call, tuple } from '../../weights-convert/pickle/build-records.ts';
import { encodePickle } from '../../weights-convert/pickle/encode-pickle.ts';
import type { CallRecord, DictRecord, PickleValue } from '../../weights-convert/pickle/records.ts';
import { buildTensor } from '../../weights-convert/torch/build-tensor.ts';
import { writeZip } from '../../weights-convert/zip/write-zip.ts';

export const smallEncoder: DvaeArchitecture = { ...OFFICIAL_ENCODER, n_hid: 4, n_blk_per_group: 1, vocab_size: 8 };
export const smallDecoder: DvaeArchitecture = {
  ...OFFICIAL_DECODER,
  n_init: 4,
  n_hid: 4,
  n_blk_per_group: 1,
  vocab_size: 8,
};

type Entries = DictRecord['entries'];

/** Gathers tensors, then writes the file around them. */
export class TorchCheckpoint {
  readonly #storages: Float32Array[] = [];

  tensor(values: Float32Array, shape: readonly number[]): CallRecord {
    return buildTensor(String(this.#storages.push(values) - 1), shape, 'F32');
  }

  /** The weights of a net as a state dict. */
  entries(architecture: DvaeArchitecture, rename: (name: string) => string = (name) => name): Entries {
    return generateTensors(architecture).map(({ name, shape, make }) => [rename(name), this.tensor(make(), shape)]);
  }

  async save(root: PickleValue): Promise<Uint8Array> {
    const inputs = [
      { name: 'x/data.pkl', make: () => encodePickle(root) },
      ...this.#storages.map((values, key) => ({ name: `x/data/${key}`, make: () => new Uint8Array(values.buffer) })),
    ];
    const blocks: Uint8Array[] = [];
    for await (const block of writeZip(inputs)) blocks.push(block);
    return Buffer.concat(blocks);
  }
}

/** An array of NumPy's of these bytes, as protocol 2 has it. */
export function numpyArray(bytes: Uint8Array, shape: readonly number[], type = '<f4', isFortran = false): CallRecord {
  const array = call('reduce', 'numpy.core.multiarray._reconstruct', [
    { tag: 'global', module: 'numpy', name: 'ndarray' },
    tuple([0]),
    latin1(Uint8Array.of(0x62)),
  ]);
  array.state = tuple([1, tuple(shape), numpyType(type), isFortran, latin1(bytes)]);
  return array;
}

export function numpyType(type: string): CallRecord {
  const dtype = call('reduce', 'numpy.dtype', [type.slice(1), false, true]);
  dtype.state = tuple([3, type[0]!, null, null, null, -1, -1, 0]);
  return dtype;
}

/** Bytes, which protocols before 3 do not have. */
export function latin1(bytes: Uint8Array): CallRecord {
  return call('reduce', '_codecs.encode', [Buffer.from(bytes).toString('latin1'), 'latin1']);
}
