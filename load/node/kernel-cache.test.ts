/** Choices of kernels are made on the device, remembered by driver, and made anew where the memory is damaged. */
import { execFileSync } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { chooseKernels } from './kernel-cache.ts';
import { WebGLDevice } from '../../engine/index.ts';
import { isKernelChoice } from '../../ops/kernel-choice.ts';
import { openNodeContext } from '../../engine/context/node/open.ts';

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

test('a link in the place of the file is neither read nor written through', async () => {
  const victim = join(folder, 'victim');
  writeFileSync(victim, JSON.stringify({ [source.description]: { ...whole, targets: 2 } }));
  rmSync(path);
  symlinkSync(victim, path);
  const before = readFileSync(victim, 'utf8');
  const choice = await chooseKernels(source, folder);
  expect(readFileSync(victim, 'utf8')).toBe(before);
  expect(lstatSync(path).isFile()).toBe(true);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ [source.description]: choice });
});

test('a folder that others may write to is neither believed nor written to', async () => {
  const shared = join(folder, 'shared');
  mkdirSync(shared);
  chmodSync(shared, 0o777);
  // No calibration comes to this: half the targets, and everything off.
  const unlikely = { ...whole, fetch: 'textureLod', without: ['pack_conv2d', 'winograd_small_maps'] };
  const planted = JSON.stringify({ [source.description]: unlikely });
  writeFileSync(join(shared, 'kernels.json'), planted);
  expect(await chooseKernels(source, shared)).not.toEqual(unlikely);
  expect(readFileSync(join(shared, 'kernels.json'), 'utf8')).toBe(planted);
});

test('a new folder is its owner’s alone', async () => {
  await chooseKernels(source, join(folder, 'new', 'cache'));
  expect(statSync(join(folder, 'new', 'cache')).mode & 0o777).toBe(0o700);
});

test('a folder that cannot be written is no failure', async () => {
  expect((await chooseKernels(source, '/dev/null/cache')).targets).toBeGreaterThan(0);
});
