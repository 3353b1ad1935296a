/**
 * The dVAE as a list of plain steps, from which the peers that know no dVAE build theirs (onnx-net.ts and
 * pytorch_peer.py): pixels to token numbers, and token numbers to pixels, as our encoder and decoder do it. What their
 * best user would do by hand is done here: a token is a row of a table, and the gain of a block is in its last weights.
 */
import type { DvaeArchitecture } from '../../nets/dvae/architecture.ts';
import { listConvolutions, postGain } from '../../nets/dvae/tensors.ts';
import type { Weights } from '../../nets/weights.ts';
import { transposeData } from '../workload.ts';

/** What a step does to its first input, and to its second one where there is one. */
type StepKind =
  | 'scale' // inputs · gain + shift
  | 'convolve' // zero padding that keeps the size
  | 'relu'
  | 'pool' // the largest of 2×2
  | 'upsample' // every pixel four times
  | 'add'
  | 'argmax' // over channels: i32
  | 'embed' // i32 [1, h, w] by a table [V, O] → [1, O, h, w]
  | 'pixels'; // the first three channels through a sigmoid, · gain + shift, clamped to [0, 1]

export interface NetStep {
  readonly kind: StepKind;
  readonly inputs: readonly string[];
  readonly output: string;
  /** Names of tensors. */
  readonly weight?: string;
  readonly bias?: string;
  readonly kernel?: number;
  readonly gain?: number;
  readonly shift?: number;
}

interface NetTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Input `x`, output `y`. */
export interface NetProgram {
  readonly steps: readonly NetStep[];
  readonly tensors: ReadonlyMap<string, NetTensor>;
}

/** ε of the paper (nets/dvae/pixels.ts). */
const margin = 0.1;

export async function writeNetProgram(weights: Weights<DvaeArchitecture>): Promise<NetProgram> {
  const { architecture } = weights;
  const isEncoder = architecture.kind === 'dvae-encoder';
  const steps: NetStep[] = [];
  const put = (kind: StepKind, inputs: readonly string[], rest: Partial<NetStep> = {}): string => {
    const output = `v${steps.length}`;
    steps.push({ kind, inputs, output, ...rest });
    return output;
  };
  const kernels = new Map(listConvolutions(architecture).map(({ name, kernel }) => [name, kernel]));
  const convolve = (path: string, x: string): string =>
    put('convolve', [x], { weight: `${path}.w`, bias: `${path}.b`, kernel: kernels.get(path)! });
  let h = isEncoder
    ? convolve('blocks.input', put('scale', ['x'], { gain: 1 - 2 * margin, shift: margin }))
    : put('embed', ['x'], { weight: 'table' });
  for (let group = 1; group <= architecture.group_count; group++) {
    for (let block = 1; block <= architecture.n_blk_per_group; block++) {
      const path = `blocks.group_${group}.block_${block}`;
      const skip = kernels.has(`${path}.id_path`) ? convolve(`${path}.id_path`, h) : h;
      for (const conv of [1, 2, 3, 4]) h = convolve(`${path}.res_path.conv_${conv}`, put('relu', [h]));
      h = put('add', [skip, h]);
    }
    if (group < architecture.group_count) h = put(isEncoder ? 'pool' : 'upsample', [h]);
  }
  const last = convolve('blocks.output.conv', put('relu', [h]));
  const end = isEncoder
    ? put('argmax', [last])
    : put('pixels', [last], { gain: 1 / (1 - 2 * margin), shift: -margin / (1 - 2 * margin) });
  return {
    steps: steps.map((step) => (step.output === end ? { ...step, output: 'y' } : step)),
    tensors: await readTensors(weights),
  };
}

/** The gain of a block is a power of two, so that nothing is rounded. */
async function readTensors({ architecture, tensors }: Weights<DvaeArchitecture>): Promise<Map<string, NetTensor>> {
  const gain = postGain(architecture);
  const read = new Map<string, NetTensor>();
  for (const [name, { shape, read: readOne }] of tensors) {
    const data = (await readOne()) as Float32Array;
    read.set(name, { shape, data: /conv_4\.[wb]$/.test(name) ? data.map((value) => gain * value) : data });
  }
  if (architecture.kind === 'dvae-encoder') return read;
  const [first, bias] = ['blocks.input.w', 'blocks.input.b'].map((name) => read.get(name)!.data);
  const { n_init, vocab_size } = architecture;
  const table = transposeData(first!, [n_init, vocab_size], [1, 0]);
  read.set('table', {
    shape: [vocab_size, n_init],
    data: table.map((value, at) => value + bias![at % n_init]!),
  });
  read.delete('blocks.input.w');
  read.delete('blocks.input.b');
  return read;
}
