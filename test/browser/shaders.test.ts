/**
 * Every shader of the official-size encoder and decoder, for a picture of 256 × 256, compiles and links in Chromium, for
 * every number of render targets. Planning reads no weight, so they need not exist.
 */
import { afterAll, expect, test } from 'vitest';
import { openBrowserContext } from '../../engine/context/browser.ts';
import { Device } from '../../engine/index.ts';
import type { Layout, TextureSpec } from '../../engine/index.ts';
import { Dvae, type DvaeWork } from '../../nets/dvae/dvae.ts';
import {
  expectedTensors,
  OFFICIAL_DECODER,
  OFFICIAL_ENCODER,
  type DvaeArchitecture,
} from '../../weights-convert/dvae-spec.ts';
import type { TensorData, Weights } from '../../weights-convert/weights.ts';

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

/** The official nets' draws, one for each different shader. */
function listDraws(device: Device): Map<string, Layout> {
  const dvae = new Dvae(
    { encoder: describeWeights(OFFICIAL_ENCODER), decoder: describeWeights(OFFICIAL_DECODER) },
    { device },
  );
  const draws = new Map<string, Layout>();
  for (const [work, shape] of Object.entries(SHAPES)) {
    const { passes, slots } = dvae.planFor(work as DvaeWork, shape).plan!;
    for (const { shader, output } of passes) draws.set(shader, slots[output]!.layout);
  }
  return draws;
}

/** Drivers compile some of a shader only when it draws: one fragment, with nothing to read. */
function drawFragment(device: Device, shader: string, layout: Layout): void {
  const texture: TextureSpec = { width: 1, height: 1, layers: layout.targets, format: 'f32' };
  const target = device.textures.acquire(texture);
  device.gl.bindTexture(device.gl.TEXTURE_2D_ARRAY, null); // or it would read the target it draws to
  device.draw(device.programs.get(shader), [], target, { ...layout, texture, folds: 1 });
  device.finish(target, layout);
  device.textures.release(target);
}

test.each([8, 4, 2, 1])('every shader of the official size links and draws, R=%i', (targets) => {
  const device = new Device({ ...source, dispose() {} }, { targets });
  expect(device.targets).toBe(targets);
  const draws = listDraws(device);
  expect(draws.size).toBeGreaterThan(20);
  for (const shader of draws.keys()) device.programs.request(shader);
  for (const shader of draws.keys()) device.programs.get(shader); // throws with the driver's words
  for (const [shader, layout] of draws) drawFragment(device, shader, layout);
  device.checkUsable('draw');
  device.dispose();
});

test('a shader that does not compile is noticed', () => {
  const device = new Device({ ...source, dispose() {} });
  expect(() => device.programs.get('#version 300 es\nvoid main() { undeclared = 1.0; }')).toThrow(/undeclared/);
  device.dispose();
});
