/**
 * What a larger picture, or more of them, costs: the dVAE's halves over shapes, ours alone. All shapes of a half are
 * contenders of one measurement and take turns, so that what else the machine does bends no line. It stays near
 * straight where time goes with the number of pixels, as the multiply-adds do.
 */
import type { WebGLDevice } from '../../engine/index.ts';
import { Dvae } from '../../nets/dvae/dvae.ts';
import { patch } from '../../nets/dvae/patch.ts';
import { standardRules } from '../../ops/index.ts';
import { createRandom } from '../../test/helpers/random.ts';
import { OFFICIAL_DECODER, OFFICIAL_ENCODER } from '../../nets/dvae/architecture.ts';
import type { DecoderArchitecture, DvaeArchitecture, EncoderArchitecture } from '../../nets/dvae/architecture.ts';
import type { Weights } from '../../nets/weights.ts';
import { makeWeights } from '../generated-weights.ts';
import { interleave } from '../harness.ts';
import type { Contender, HarnessOptions } from '../harness.ts';
import type { Half } from '../peers/net.ts';

/** Square pictures. */
export interface PictureShape {
  readonly batch: number;
  readonly side: number;
}

export interface SizedNet {
  readonly name: string;
  readonly encode: EncoderArchitecture;
  readonly decode: DecoderArchitecture;
  /** No shape twice. */
  readonly shapes: readonly PictureShape[];
  /** After one that nobody times [3]. */
  readonly rounds?: number;
}

const alone = (...sides: number[]): PictureShape[] => sides.map((side) => ({ batch: 1, side }));
const together = (side: number, ...batches: number[]): PictureShape[] => batches.map((batch) => ({ batch, side }));

/**
 * The bundled model is a small one: it shows the whole range in minutes, where the official size takes a quarter of an
 * hour.
 */
const emoji = { n_hid: 64, n_blk_per_group: 1, vocab_size: 1024 };
export const sizedNets: readonly SizedNet[] = [
  {
    name: 'emoji',
    encode: { ...OFFICIAL_ENCODER, ...emoji },
    decode: { ...OFFICIAL_DECODER, ...emoji },
    shapes: [...alone(64, 128, 256, 512, 1024), ...together(128, 2, 4, 8)],
  },
  {
    name: 'official',
    encode: OFFICIAL_ENCODER,
    decode: OFFICIAL_DECODER,
    shapes: alone(64, 128, 256, 512, 1024),
    rounds: 2,
  },
];

/** One half of a net at one shape. */
export interface SizeResult extends PictureShape {
  readonly net: string;
  readonly half: Half;
  /** Multiply-adds of the net as written. */
  readonly macs: number;
  /** The most that inputs and what the passes make take together during a run. */
  readonly textureBytes: number;
  /** Milliseconds, one a round; shapes of the same half share their rounds. */
  readonly wall: readonly number[];
  /** The same of all cores, which what else the machine does disturbs less. */
  readonly cpu: readonly number[];
}

interface SizeContender extends Contender {
  readonly cost: Pick<SizeResult, 'macs' | 'textureBytes'>;
}

/** Every shape of both halves, the halves one after the other. */
export async function measureSizes(
  device: WebGLDevice,
  net: SizedNet,
  options: HarnessOptions = {},
): Promise<readonly SizeResult[]> {
  return [
    ...(await measureHalf(device, net, 'encode', options)),
    ...(await measureHalf(device, net, 'decode', options)),
  ];
}

async function measureHalf(
  device: WebGLDevice,
  net: SizedNet,
  half: Half,
  options: HarnessOptions,
): Promise<readonly SizeResult[]> {
  const weights = makeWeights<DvaeArchitecture>(net[half]);
  const contenders: SizeContender[] = [];
  try {
    for (const shape of net.shapes) contenders.push(createContender(device, half, weights, shape));
    const times = await interleave(contenders, { warmups: 1, minRounds: net.rounds ?? 3, moreSeconds: 0, ...options });
    return net.shapes.map((shape, index) => {
      const { cost } = contenders[index]!;
      return { net: net.name, half, ...shape, ...cost, wall: times[index]!.wall, cpu: times[index]!.cpu };
    });
  } finally {
    for (const contender of contenders) contender.dispose();
  }
}

/** A dVAE of its own, since one keeps the plan of its latest shape only. */
function createContender(
  device: WebGLDevice,
  half: Half,
  weights: Weights<DvaeArchitecture>,
  { batch, side }: PictureShape,
): SizeContender {
  const parts = half === 'encode' ? { encoder: weights } : { decoder: weights };
  const dvae = new Dvae(parts, { device });
  const grid = side / patch;
  const pixelShape = [batch, 3, side, side] as const;
  const tokenShape = [batch, grid, grid] as const;
  const shape = half === 'encode' ? pixelShape : tokenShape;
  const { draws } = dvae.planFor(half, shape);
  const asWritten = new Dvae(parts, { device, without: standardRules.map(({ name }) => name) });
  const random = createRandom(20211);
  const pixels = { data: Float32Array.from({ length: 3 * batch * side ** 2 }, random.uniform), shape: pixelShape };
  const tokens = {
    data: random.integers(batch * grid ** 2, 0, weights.architecture.vocab_size - 1),
    shape: tokenShape,
  };
  return {
    name: `${half} ${batch} × ${side}²`,
    cost: {
      macs: asWritten.planFor(half, shape).draws!.passes.reduce((sum, { cost }) => sum + cost.macs, 0),
      textureBytes: draws!.peakBytes,
    },
    run: async () => (half === 'encode' ? await dvae.encode(pixels) : await dvae.decode(tokens)).data,
    dispose: () => void dvae.dispose(),
  };
}
