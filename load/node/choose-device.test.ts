/**
 * The choice of a device in Node: measured once, remembered by the machine, made anew where the memory is damaged or
 * the driver is another; and nothing of EGL is loaded where it is known not to be wanted.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { packageRoot } from '../../base/node/package-files.ts';
import { openNodeContext } from '../../engine/context/node/open.ts';
import type { Chosen, DeviceChoice } from '../choose-between.ts';
import { chooseDevice } from './choose-device.ts';

const folder = mkdtempSync(join(tmpdir(), 'dalle-gl-devices-'));
const path = join(folder, 'devices.json');
afterAll(() => rmSync(folder, { recursive: true }));

const source = await openNodeContext({ source: 'egl' });
const renderer = source.description;
source.dispose();

function close({ choice, cpu, source }: Chosen): DeviceChoice {
  (cpu ?? source).dispose();
  return choice;
}

const kept = (): [string, DeviceChoice][] => Object.entries(JSON.parse(readFileSync(path, 'utf8')) as object);

/** Writes a choice for this machine, whose name is known from the first test. */
function plant(choice: unknown): void {
  writeFileSync(path, JSON.stringify({ [machine]: choice }));
}

let machine: string;

test('both devices are measured, and the choice is kept', async () => {
  const choice = close(await chooseDevice({}, folder));
  expect(choice).toMatchObject({ renderer, speeds: { webgl: expect.any(Number), cpu: expect.any(Number) } });
  expect(choice.reason).toContain('times as fast as the CPU');
  expect(kept()).toEqual([[expect.any(String), choice]]);
  machine = kept()[0]![0];
  expect(close(await chooseDevice({}, folder))).toEqual(choice);
});

const planted = { device: 'webgl', reason: 'planted', renderer, speeds: { webgl: 2, cpu: 1 } };

test('a kept choice is taken without measuring', async () => {
  plant(planted);
  const chosen = await chooseDevice({}, folder);
  expect(chosen.source?.description).toBe(renderer);
  expect(close(chosen)).toEqual(planted);
});

test.each([
  ['of another driver', { ...planted, renderer: 'another' }],
  ['of no device', { ...planted, device: 'gpu' }],
  ['without a reason', { ...planted, reason: undefined }],
  ['with speeds that are none', { ...planted, speeds: { webgl: Infinity, cpu: -1 } }],
  ['that is none', 'cpu'],
])('a choice %s is made anew', async (_, choice) => {
  plant(choice);
  const made = close(await chooseDevice({}, folder));
  expect(made).toMatchObject({ renderer, reason: expect.stringContaining('times as fast as the CPU') });
  expect(new Map(kept()).get(machine)).toEqual(made);
});

test('another number of threads is another machine', async () => {
  plant(planted);
  expect(close(await chooseDevice({ threads: 1 }, folder))).not.toEqual(planted);
  expect(kept()).toHaveLength(2);
});

test('a folder that cannot be written is no failure', async () => {
  expect(close(await chooseDevice({}, '/dev/null/cache')).renderer).toBe(renderer);
});

interface Seen {
  readonly choice: DeviceChoice;
  readonly loaded: readonly string[];
}

/** The choice of a process of its own, and the libraries of graphics that it loaded, koffi among them. */
function chooseInProcess(environment: Readonly<Record<string, string>> = {}): Seen {
  const module = JSON.stringify(join(packageRoot, 'dist/load/node/choose-device.js'));
  const script = `const { chooseDevice } = await import(${module});
    const { choice, cpu, source } = await chooseDevice({}, ${JSON.stringify(folder)});
    (cpu ?? source).dispose();
    const loaded = process.report.getReport().sharedObjects.filter((file) => /EGL|koffi|gallium|_dri/.test(file));
    console.log(JSON.stringify({ choice, loaded }));`;
  const env = { ...process.env, ...environment };
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    env,
    encoding: 'utf8',
  });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Seen;
}

test('where the CPU was chosen before, neither koffi nor EGL is loaded', () => {
  rmSync(path);
  expect(chooseInProcess().loaded.join()).toMatch(/koffi.*EGL|EGL.*koffi/);
  const [name] = kept()[0]!;
  writeFileSync(path, JSON.stringify({ [name]: { ...planted, device: 'cpu' } }));
  expect(chooseInProcess()).toEqual({ choice: { ...planted, device: 'cpu' }, loaded: [] });
});

test('where EGL has no driver the CPU is taken, and this is kept for that machine alone', () => {
  rmSync(path);
  const environment = { LIBGL_DRIVERS_PATH: folder, GBM_BACKENDS_PATH: folder };
  const reason = 'EGL gave no context (E_GL_NONE)';
  const { choice } = chooseInProcess(environment);
  expect(choice).toEqual({ device: 'cpu', reason, renderer: null, speeds: null });
  expect(chooseInProcess(environment)).toEqual({ choice, loaded: [] });
  expect(chooseInProcess().choice.renderer).toBe(renderer);
});
