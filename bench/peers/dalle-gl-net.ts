/** Our dVAE at the official size, with generated weights that are made before anything is timed. */
import { WebGLDevice } from '../../engine/index.ts';
import type { Device } from '../../engine/index.ts';
import { Dvae } from '../../nets/dvae/dvae.ts';
import type { Precision } from '../../nets/weight-tree.ts';
import { standardRules } from '../../ops/index.ts';
import { OFFICIAL_DECODER, OFFICIAL_ENCODER } from '../../nets/dvae/architecture.ts';
import { makeWeights } from '../generated-weights.ts';
import { boundOf, nameOurs } from './dalle-gl.ts';
import type { Half, Net, Picture } from './net.ts';

const shapes = { encode: [1, 3, 256, 256], decode: [1, 32, 32] } as const;

interface NetOptions {
  readonly precision?: Precision;
  /** That the device was opened with, where it is told such a number. */
  readonly threads?: number;
}

export function createOurNet(
  device: Device,
  half: Half,
  { pixels, tokens }: Picture,
  { precision = 'full', threads = 0 }: NetOptions = {},
): Net {
  const weights = makeWeights(half === 'encode' ? OFFICIAL_ENCODER : OFFICIAL_DECODER);
  const parts = half === 'encode' ? { encoder: weights } : { decoder: weights };
  const dvae = new Dvae(parts, { device, precision });
  const plan = dvae.planFor(half, shapes[half]);
  const textures = device instanceof WebGLDevice ? device.gpu.textures : undefined;
  textures?.trim();
  textures?.resetPeak();
  const passes = plan.draws?.passes;
  return {
    name: `${nameOurs(device, threads)}${precision === 'full' ? '' : ', half precision'}`,
    bound: boundOf(device),
    hasGeneratedWeights: precision === 'full',
    ...(passes && {
      cost: { macs: countMacs(), fetches: sum(passes.map(({ cost }) => cost.fetches ?? 0)) },
    }),
    prepare: (options) => plan.prepare(options),
    async run() {
      if (half === 'encode') return (await dvae.encode({ data: pixels, shape: shapes.encode })).data;
      return (await dvae.decode({ data: tokens, shape: shapes.decode })).data;
    },
    peakTextureBytes: () => textures?.ledger().peakBytes,
    dispose: () => plan.dispose(),
  };

  /** Of the net as written. */
  function countMacs(): number {
    const asWritten = new Dvae(parts, { device, without: standardRules.map(({ name }) => name) });
    return sum(asWritten.planFor(half, shapes[half]).draws!.passes.map(({ cost }) => cost.macs));
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
