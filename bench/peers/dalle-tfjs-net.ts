/**
 * The existing port of the dVAE (dalle-tfjs/README.md) as its best user would run it: the whole road from pixels to
 * token numbers, or from token numbers to pixels, on the device, so that it reads back no more than we do.
 */
import type { io } from '@tensorflow/tfjs-core';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import type { GraphModel } from '@tensorflow/tfjs-converter';
import { createRandom } from '../../test/helpers/random.ts';
import type { TfjsPeer } from '../tfjs-peer.ts';
import decoderGraph from './dalle-tfjs/decoder.json' with { type: 'json' };
import decoderIntegers from './dalle-tfjs/decoder.int32.json' with { type: 'json' };
import encoderGraph from './dalle-tfjs/encoder.json' with { type: 'json' };
import encoderIntegers from './dalle-tfjs/encoder.int32.json' with { type: 'json' };
import type { Half, Net, Picture } from './net.ts';

type Tf = TfjsPeer['tf'];
type Tensor = ReturnType<Tf['tensor']>;

/** The port's own constants: OpenAI's mapping of pixels into [0.1, 0.9]. */
const [margin, vocabulary] = [0.1, 8192];

/** @param backend active whenever this net computes, as in tfjs.ts */
export function createTfjsNet(
  { tf, version }: TfjsPeer,
  half: Half,
  { pixels, tokens }: Picture,
  backend: 'webgl' | 'wasm' = 'webgl',
): Net {
  const artifacts = readArtifacts(half);
  let model: GraphModel | undefined;
  let peak = 0;
  const compute = half === 'encode' ? encode : decode;
  return {
    name: `dalle-tfjs (${version})${backend === 'webgl' ? '' : `, ${backend}`}`,
    ...(backend === 'wasm' && { bound: backend }),
    async prepare() {
      await tf.setBackend(backend);
      model = await loadGraphModel({ load: async () => artifacts });
    },
    async run() {
      await tf.setBackend(backend);
      const result = tf.tidy(() => compute(tf, model!, half === 'encode' ? pixels : tokens).dataSync());
      peak = Math.max(peak, bytesAllocated(tf));
      return result;
    },
    // Its pool never frees, so what it holds after a run is the most it held.
    peakTextureBytes: () => (backend === 'webgl' ? peak : undefined),
    dispose: () => model?.dispose(),
  };
}

function encode(tf: Tf, model: GraphModel, pixels: Float32Array | Int32Array): Tensor {
  const picture = tf.tensor(pixels, [1, 3, 256, 256]);
  const mapped = tf.add(tf.mul(picture, 1 - 2 * margin), margin);
  return tf.argMax(model.execute(mapped) as Tensor, 1);
}

function decode(tf: Tf, model: GraphModel, tokens: Float32Array | Int32Array): Tensor {
  const grid = tf.tensor(tokens, [1, 32, 32], 'int32');
  const oneHot = tf.transpose(tf.oneHot(grid, vocabulary), [0, 3, 1, 2]);
  const statistics = model.execute(tf.cast(oneHot, 'float32')) as Tensor;
  const mapped = tf.sigmoid(tf.slice(statistics, [0, 0, 0, 0], [1, 3, 256, 256]));
  return tf.clipByValue(tf.div(tf.sub(mapped, margin), 1 - 2 * margin), 0, 1);
}

function bytesAllocated(tf: Tf): number {
  return (tf.memory() as { numBytesInGPUAllocated?: number }).numBytesInGPUAllocated ?? 0;
}

interface GraphFile {
  readonly modelTopology: object;
  readonly signature: object;
  readonly weightsManifest: readonly { readonly weights: readonly io.WeightsManifestEntry[] }[];
}

interface PortFiles {
  readonly graph: GraphFile;
  readonly integers: Readonly<Record<string, readonly number[]>>;
}

const files: Readonly<Record<Half, PortFiles>> = {
  encode: { graph: encoderGraph as GraphFile, integers: encoderIntegers },
  decode: { graph: decoderGraph as GraphFile, integers: decoderIntegers },
};

/** The graph with its integer constants and random weights. */
function readArtifacts(half: Half): io.ModelArtifacts {
  const { graph, integers } = files[half];
  const weightSpecs = graph.weightsManifest.flatMap(({ weights }) => weights);
  const sizes = weightSpecs.map(({ shape }) => shape.reduce((product, size) => product * size, 1));
  const weightData = new ArrayBuffer(4 * sizes.reduce((sum, size) => sum + size, 0));
  const random = createRandom(20211);
  let start = 0;
  weightSpecs.forEach(({ name, shape, dtype }, index) => {
    const size = sizes[index]!;
    if (dtype === 'int32') new Int32Array(weightData, start, size).set(integers[name]!);
    else {
      const fanIn = shape.length === 4 ? shape[0]! * shape[1]! * shape[2]! : 64;
      const half = Math.sqrt(3 / fanIn); // a uniform number in ±√(3/f) has spread 1/√f
      new Float32Array(weightData, start, size).forEach((_, i, data) => (data[i] = half * (2 * random.uniform() - 1)));
    }
    start += 4 * size;
  });
  return { ...graph, weightSpecs, weightData };
}
