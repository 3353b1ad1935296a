/** Choices of kernels are made on the device, remembered by driver, and made anew where the memory is damaged. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { chooseKernels } from './kernel-cache.ts';
import { WebGLDevice } from './engine/index.ts';
import { isKernelChoice } from './ops/kernel-choice.ts';
import { openNodeContext } from './engine/context/node/open.ts';

const source = await openNodeContext({ source: 'egl' });
const folder = mkdtempSync(join(tmpdir(), 'dalle-gl-cache-'));
afterAll(() => {
  source.dispose();
  rmSync(folder, { recursive: true });
});
const path = join(folder, 'kernels.json');

test('a choice is one the device can do, and is kept', async () => {
  const choice = await chooseKernels(source, folder);
  expect(new WebGLDevice({ ...source, dispose() {} }, choice).kernels).toEqual(choice);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ [source.description]: choice });
});

test('a kept choice is taken without asking the device', async () => {
  const kept = { targets: 2, fetch: 'texelFetch', block: 'block', without: ['pack_conv2d', 'winograd_small_maps'] };
  const other = { targets: 8, fetch: 'textureLod', block: 'strip', without: [] };
  writeFileSync(path, JSON.stringify({ [source.description]: kept, another: other }));
  expect(await chooseKernels(source, folder)).toEqual(kept);
});

test.each([
  ...['', '{', 'null', '{"a": 1}', '[]'].map((text) => [JSON.stringify(text), text]),
  ['of a million brackets', '['.repeat(1e6)],
  ['of two million spaces', ' '.repeat(2e6)],
])('a damaged file %s is replaced', async (_, text) => {
  writeFileSync(path, text);
  const choice = await chooseKernels(source, folder);
  expect(JSON.parse(readFileSync(path, 'utf8'))[source.description]).toEqual(choice);
});

test('what is no file is replaced, and never waited for or written to', async () => {
  const other = join(folder, 'other');
  for (const make of [
    () => execFileSync('mkfifo', [path]),
    () => symlinkSync('/dev/zero', path),
    () => (writeFileSync(other, 'mine'), symlinkSync(other, path)),
  ]) {
    rmSync(path, { force: true });
    make();
    const choice = await chooseKernels(source, folder);
    expect(JSON.parse(readFileSync(path, 'utf8'))[source.description]).toEqual(choice);
  }
  expect(readFileSync(other, 'utf8')).toBe('mine');
  rmSync(path);
  mkdirSync(path);
  expect((await chooseKernels(source, folder)).targets).toBeGreaterThan(0);
  rmSync(path, { recursive: true });
});

const whole = { targets: 2, fetch: 'texelFetch', block: 'block', without: ['pack_conv2d'] };

test.each([
  ['that no device has', { ...whole, targets: 3 }],
  ['of an earlier version', { targets: 2, fetch: 'texelFetch' }],
  ['of another block', { ...whole, block: 'square' }],
  ['without a list', { ...whole, without: 'pack_conv2d' }],
  ['without a rule that there is not', { ...whole, without: ['pack_conv2d', 'pack_conv3d'] }],
])('a choice %s is made anew, and others that are whole stay', async (_, kept) => {
  writeFileSync(path, JSON.stringify({ [source.description]: kept, old: kept, another: whole }));
  const choice = await chooseKernels(source, folder);
  expect(isKernelChoice(choice)).toBe(true);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ [source.description]: choice, another: whole });
});

test('a folder that cannot be written is no failure', async () => {
  expect((await chooseKernels(source, '/dev/null/cache')).targets).toBeGreaterThan(0);
});
