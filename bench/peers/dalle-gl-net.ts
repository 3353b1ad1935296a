/** Our dVAE at the official size, with generated weights that are made before anything is timed. */
import type { WebGLDevice } from '../../engine/index.ts';
import { Dvae } from '../../nets/dvae/dvae.ts';
import type { Precision } from '../../nets/weight-tree.ts';
import { standardRules } from '../../ops/index.ts';
import { OFFICIAL_DECODER, OFFICIAL_ENCODER } from '../../nets/dvae/architecture.ts';
import { makeWeights } from '../generated-weights.ts';
import type { Half, Net, Picture } from './net.ts';

const shapes = { encode: [1, 3, 256, 256], decode: [1, 32, 32] } as const;

export function createOurNet(
  device: WebGLDevice,
  half: Half,
  { pixels, tokens }: Picture,
  precision: Precision = 'full',
): Net {
  const weights = makeWeights(half === 'encode' ? OFFICIAL_ENCODER : OFFICIAL_DECODER);
  const parts = half === 'encode' ? { encoder: weights } : { decoder: weights };
  const dvae = new Dvae(parts, { device, precision });
  const plan = dvae.planFor(half, shapes[half]);
  const asWritten = new Dvae(parts, { device, without: standardRules.map(({ name }) => name) });
  device.gpu.textures.trim();
  device.gpu.textures.resetPeak();
  return {
    name: precision === 'full' ? 'dalle-gl' : 'dalle-gl, half precision',
    cost: {
      macs: sum(asWritten.planFor(half, shapes[half]).draws!.passes.map(({ cost }) => cost.macs)),
      fetches: sum(plan.draws!.passes.map(({ cost }) => cost.fetches ?? 0)),
    },
    prepare: (options) => plan.prepare(options),
    async run() {
      if (half === 'encode') return (await dvae.encode({ data: pixels, shape: shapes.encode })).data;
      return (await dvae.decode({ data: tokens, shape: shapes.decode })).data;
    },
    peakTextureBytes: () => device.gpu.textures.ledger().peakBytes,
    dispose: () => plan.dispose(),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
