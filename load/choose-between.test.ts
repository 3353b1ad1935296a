/** Both devices are measured, one is chosen, and the other is closed; what cannot be opened is not chosen. */
import { expect, test, vi } from 'vitest';
import { ContextError } from '../base/errors.ts';
import { openNodeContext } from '../engine/context/node/open.ts';
import type { ContextSource, Device } from '../engine/index.ts';
import { makeCpuTestDevice } from '../test/helpers/cpu-device.ts';
import { chooseBetween } from './choose-between.ts';

/** A context that says of itself what it is told to. */
async function openSource(description: string): Promise<ContextSource & { readonly isDisposed: () => boolean }> {
  const source = await openNodeContext({ source: 'egl' });
  let disposed = false;
  const dispose = (): void => {
    disposed = true;
    source.dispose();
  };
  return { ...source, description, software: undefined, dispose, isDisposed: () => disposed };
}

/** Multiply-adds a second by the kind of a device. */
const speeds =
  (webgl: number, cpu: number) =>
  async ({ kind }: Device): Promise<number> =>
    kind === 'cpu' ? cpu : webgl;

test('an unknown renderer that is slower than the CPU loses, and is closed', async () => {
  const source = await openSource('Rasteriser of tomorrow');
  const device = makeCpuTestDevice();
  const { cpu, choice } = await chooseBetween(source, async () => device, speeds(1e9, 2e9));
  expect(cpu).toBe(device);
  expect([device.isUsable, source.isDisposed()]).toEqual([true, true]);
  expect(choice).toMatchObject({ device: 'cpu', renderer: 'Rasteriser of tomorrow', speeds: { webgl: 1e9, cpu: 2e9 } });
  device.dispose();
});

test('a GPU with an odd name wins, and the CPU is closed', async () => {
  const source = await openSource('Software-Defined Graphics 9000');
  const device = makeCpuTestDevice();
  const { source: chosen, choice } = await chooseBetween(source, async () => device, speeds(2e11, 1e10));
  expect(chosen).toBe(source);
  expect([device.isUsable, source.isDisposed()]).toEqual([false, false]);
  expect(choice).toMatchObject({ device: 'webgl', reason: expect.stringContaining('20 times as fast as the CPU') });
  source.dispose();
});

test('one that is held up once is measured again where its name speaks for it', async () => {
  const source = await openSource('llvmpipe');
  const device = makeCpuTestDevice();
  const cpuSpeeds = [1e8, 2e10];
  const measure = async ({ kind }: Device): Promise<number> => (kind === 'cpu' ? cpuSpeeds.shift()! : 1e9);
  const { cpu, choice } = await chooseBetween(source, async () => device, measure);
  expect(cpu).toBe(device);
  expect(choice.speeds).toEqual({ webgl: 1e9, cpu: 2e10 });
  device.dispose();
});

test('where WebAssembly is blocked, WebGL is taken however slow it is', async () => {
  const source = await openSource('llvmpipe');
  const blocked = new ContextError('E_WASM_BLOCKED', 'open: this page may not compile WebAssembly');
  const { source: chosen, choice } = await chooseBetween(source, () => Promise.reject(blocked), speeds(1, 1));
  expect(chosen).toBe(source);
  expect(choice).toMatchObject({ device: 'webgl', reason: 'the CPU device cannot be opened (E_WASM_BLOCKED)' });
  source.dispose();
});

test('a context that computes wrongly is not taken', async () => {
  const source = await openSource('NVIDIA GeForce');
  vi.spyOn(source.gl, 'getExtension').mockReturnValue(null);
  const device = makeCpuTestDevice();
  const { cpu, choice } = await chooseBetween(source, async () => device);
  expect(cpu).toBe(device);
  expect(choice).toMatchObject({ reason: 'NVIDIA GeForce cannot be used (E_GL_FLOAT)', renderer: 'NVIDIA GeForce' });
  expect(source.isDisposed()).toBe(true);
  device.dispose();
});

test('what is no failure of a device passes through, and nothing stays open', async () => {
  const source = await openSource('llvmpipe');
  const device = makeCpuTestDevice();
  const broken = async ({ kind }: Device): Promise<number> => {
    if (kind === 'cpu') throw new Error('a bug');
    return 1;
  };
  await expect(chooseBetween(source, async () => device, broken)).rejects.toThrow('a bug');
  expect([device.isUsable, source.isDisposed()]).toEqual([false, true]);
});
