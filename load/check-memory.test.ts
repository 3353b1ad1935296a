/** What a device cannot hold is refused with the bytes wanted, and before anything of it is read. */
import { expect, test, vi } from 'vitest';
import type { Device } from '../engine/index.ts';
import { configurations } from '../nets/transformer/configurations.ts';
import { expectedTransformerTensors } from '../nets/transformer/tensors.ts';
import type { TensorData, Weights } from '../nets/weights.ts';
import { openCpuTestDevice } from '../test/helpers/cpu-device.ts';
import { checkMemory } from './check-memory.ts';
import { createDalle } from './dalle.ts';

const read = vi.fn(async () => new Float32Array(0));

/** The weights of a transformer, none of which is there. */
function weightsOf(name: keyof typeof configurations, dtype: 'F16' | 'F32'): Weights {
  const architecture = configurations[name];
  const tensors = [...expectedTransformerTensors(architecture)].map(([key, shape]): [string, TensorData] => [
    key,
    { shape, dtype, read },
  ]);
  const source = { name: 'nowhere', bytes: 0, container: 'none' };
  return { architecture, tensors: new Map(tensors), source, close: async () => {} };
}

test('1.3 billion floats exceed the CPU device, 1.3 billion halves do not', () => {
  const device = openCpuTestDevice();
  const [floats, halves] = [weightsOf('rudalle-malevich', 'F32'), weightsOf('rudalle-malevich', 'F16')];
  expect(() => checkMemory('test', device, { weights: [floats] })).toThrow(
    expect.objectContaining({
      code: 'E_MEMORY',
      message: expect.stringMatching(/wants 52\d{8} bytes .* addresses 4294967296 \(4 GiB\)/) as string,
    }),
  );
  expect(() => checkMemory('test', device, { weights: [halves, undefined] })).not.toThrow();
  expect(() => checkMemory('test', device, { weights: [halves], cacheBytes: 2e9 })).toThrow(/E_MEMORY|4 GiB/);
  expect(() => checkMemory('test', device, { weights: [halves] }, 2e9)).toThrow(/2000000000 are free/);
  const gpu = { ...device, kind: 'webgl' } as unknown as Device;
  expect(() => checkMemory('test', gpu, { weights: [floats] })).not.toThrow();
});

test('a whole model is refused before a weight is read', async () => {
  const model = { transformer: weightsOf('paper-12b', 'F16'), tokenizer: new Uint8Array(0), close: async () => {} };
  await expect(createDalle(model as never, { device: openCpuTestDevice() })).rejects.toMatchObject({
    code: 'E_MEMORY',
  });
  expect(read).not.toHaveBeenCalled();
});
