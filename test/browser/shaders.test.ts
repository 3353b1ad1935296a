/**
 * Every shader of the official-size encoder and decoder, for a picture of 256 × 256, compiles and links in Chromium,
 * for every number of render targets. Planning reads no weight, so they need not exist.
 */
import { afterAll, expect, test } from 'vitest';
import { openBrowserContext } from '../../engine/context/browser.ts';
import { WebGLDevice } from '../../engine/index.ts';
import type { TextureSpec } from '../../engine/index.ts';
import { Dvae, type DvaeWork } from '../../nets/dvae/dvae.ts';
import { expectedTensors } from '../../nets/dvae/tensors.ts';
import { OFFICIAL_DECODER, OFFICIAL_ENCODER, type DvaeArchitecture } from '../../nets/dvae/architecture.ts';
import type { TensorData, Weights } from '../../nets/weights.ts';

const SHAPES: Readonly<Record<DvaeWork, readonly number[]>> = {
  encode: [1, 3, 256, 256],
  logits: [1, 3, 256, 256],
  decode: [1, 32, 32],
  decodeSoft: [1, 8192, 32, 32],
  statistics: [1, 32, 32],
  statisticsSoft: [1, 8192, 32, 32],
};

/** Names and shapes of weights, and no numbers. */
function describeWeights(architecture: DvaeArchitecture): Weights {
  const read = (): never => {
    throw new Error('a weight was read while planning');
  };
  const tensors = [...expectedTensors(architecture)].map(([name, shape]): [string, TensorData] => {
    return [name, { shape, dtype: 'F32', read }];
  });
  return {
    architecture,
    tensors: new Map(tensors),
    source: { name: 'no file', bytes: 0, container: 'torch-zip' },
    close: async () => {},
  };
}

const source = openBrowserContext();
afterAll(() => source.dispose());

/** What a pass draws with, but for its textures' contents. */
interface Draw {
  readonly inputs: [string, TextureSpec][];
  readonly output: TextureSpec;
  readonly targets: number;
}

/** The official nets' draws, one for each different shader. */
function listDraws(device: WebGLDevice): Map<string, Draw> {
  const dvae = new Dvae(
    { encoder: describeWeights(OFFICIAL_ENCODER), decoder: describeWeights(OFFICIAL_DECODER) },
    { device },
  );
  const draws = new Map<string, Draw>();
  for (const [work, shape] of Object.entries(SHAPES)) {
    const { passes, slots } = dvae.planFor(work as DvaeWork, shape).draws!;
    for (const { shader, inputs, operands, output } of passes) {
      const { texture, targets } = slots[output]!.layout;
      const specs = inputs.map((slot, i): [string, TextureSpec] => [operands[i]!, slots[slot]!.layout.texture]);
      draws.set(shader, { inputs: specs, output: texture, targets });
    }
  }
  return draws;
}

test.each([8, 4, 2, 1])('every shader of the official size links and draws, R=%i', (targets) => {
  const device = new WebGLDevice({ ...source, dispose() {} }, { targets });
  expect(device.targets).toBe(targets);
  const draws = listDraws(device);
  expect(draws.size).toBeGreaterThan(20);
  for (const shader of draws.keys()) device.gpu.programs.request(shader);
  for (const shader of draws.keys()) device.gpu.programs.get(shader); // throws with the driver's words
  // Drivers compile some of a shader only when it draws.
  for (const [shader, { inputs, output, targets: count }] of draws) {
    device.gpu.warmUp(device.gpu.programs.get(shader), inputs, output, count);
  }
  device.gl.finish();
  device.gpu.checkUsable('draw');
  device.dispose();
});

test('a shader that does not compile is noticed', () => {
  const device = new WebGLDevice({ ...source, dispose() {} });
  expect(() => device.gpu.programs.get('#version 300 es\nvoid main() { undeclared = 1.0; }')).toThrow(/undeclared/);
  device.dispose();
});
