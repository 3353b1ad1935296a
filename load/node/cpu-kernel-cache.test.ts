/** Choices of kernels for a processor are remembered, and made anew where the memory is damaged or they cannot be. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { lookAtWebAssembly } from '../../engine/cpu/web-assembly.ts';
import { isCpuChoice } from '../../ops/kernel-choice.ts';
import { open } from '../../node.ts';
import { chooseCpuKernels } from './cpu-kernel-cache.ts';

const folder = mkdtempSync(join(tmpdir(), 'dalle-gl-cpu-'));
const path = join(folder, 'cpu-kernels.json');
afterAll(() => rmSync(folder, { recursive: true }));

const read = (): [string, unknown][] => Object.entries(JSON.parse(readFileSync(path, 'utf8')) as object);
let processor: string;

test('a choice is one that the device can have, and is kept', async () => {
  const choice = await chooseCpuKernels(1, folder);
  expect(isCpuChoice(choice)).toBe(true);
  expect(read()).toEqual([[expect.stringContaining(', 1 threads, V8 '), choice]]);
  [[processor]] = read() as [[string, unknown]];
});

test('a kept choice is taken without asking the device', async () => {
  const kept = { multiplyAdd: 'plain', without: ['argmax_on_write', 'pool_on_write'] };
  writeFileSync(path, JSON.stringify({ [processor]: kept }));
  expect(await chooseCpuKernels(1, folder)).toEqual(kept);
});

test.each([
  ['of WebGL', { targets: 4, fetch: 'texelFetch', block: 'strip', without: [] }],
  ['with a rule that there is not', { multiplyAdd: 'plain', without: ['rm'] }],
  ['of arithmetic that there is not', { multiplyAdd: 'fast', without: [] }],
])('a choice %s is made anew', async (_, kept) => {
  writeFileSync(path, JSON.stringify({ [processor]: kept, another: kept }));
  const choice = await chooseCpuKernels(1, folder);
  expect(isCpuChoice(choice)).toBe(true);
  expect(read()).toEqual([[processor, choice]]);
});

test.skipIf(lookAtWebAssembly().relaxed)('one that this Node cannot have is made anew', async () => {
  writeFileSync(path, JSON.stringify({ [processor]: { multiplyAdd: 'relaxed', without: [] } }));
  expect((await chooseCpuKernels(1, folder)).multiplyAdd).toBe('plain');
});

test('a device is opened with what was chosen, but for what is given', async () => {
  const cache = process.env['DALLE_GL_CACHE'];
  process.env['DALLE_GL_CACHE'] = folder;
  const kept = { multiplyAdd: 'plain', without: ['pool_on_write'] };
  writeFileSync(path, JSON.stringify({ [processor]: kept }));
  const kernels = async (without?: readonly string[]): Promise<unknown> => {
    const device = await open({ device: 'cpu', threads: 1, calibrate: true, ...(without && { without }) });
    device.dispose();
    return device.kernels;
  };
  expect(await kernels()).toEqual(kept);
  expect(await kernels([])).toEqual({ multiplyAdd: 'plain', without: [] });
  if (cache === undefined) delete process.env['DALLE_GL_CACHE'];
  else process.env['DALLE_GL_CACHE'] = cache;
});
