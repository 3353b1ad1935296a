/**
 * A picture tells which device drew it, and with which kernels; --repeat takes that device again, or refuses by name
 * where it is not to be had.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packageRoot } from '../base/node/package-files.ts';
import { lookAtWebAssembly } from '../engine/cpu/web-assembly.ts';
import { readPngText } from '../images/png-text.ts';
import { decodePng, encodePng } from '../node.ts';
import { runCaptured } from '../test/helpers/captured-terminal.ts';
import { expectFailure } from '../test/helpers/expect-failure.ts';
import { makeTinyDalle } from '../test/helpers/tiny-dalle.ts';
import { makeWorkplace, type Workplace } from '../test/helpers/workplace.ts';
import { tellUnusedThreads } from './open-device.ts';

let place: Workplace;
let model: string;

beforeAll(async () => {
  place = makeWorkplace();
  model = await makeTinyDalle(place.path('model'));
  await draw('webgl.png', '--device', 'egl', '--no-calibrate');
  await draw('cpu.png', '--device', 'cpu', '--threads', '1', '--no-calibrate');
  await draw('reference.png', '--device', 'reference');
});
afterAll(() => place.remove());

interface Told {
  readonly kind: string;
  readonly kernels: unknown;
  readonly stderr: string;
}

async function run(...words: string[]): Promise<Told> {
  const { exitCode, stdout, stderr } = await runCaptured(['generate', ...words, '--json', '-m', model]);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  return { ...(JSON.parse(stdout.toString()) as Told), stderr };
}

function draw(name: string, ...words: string[]): Promise<Told> {
  return run('red heart', '-n', '1', '--seed', '3', '-o', place.path(name), ...words);
}

function repeat(name: string, ...words: string[]): Promise<Told> {
  return run('--repeat', place.path(name), '-o', place.path('again.png'), ...words);
}

type Recipe = Readonly<Record<string, unknown>>;

function recipeOf(name: string): Recipe {
  return JSON.parse(readPngText(readFileSync(place.path(name)))['dalle-gl']!) as Recipe;
}

/** The picture with another recipe. */
function edit(name: string, change: (recipe: Recipe) => Recipe): string {
  const png = readFileSync(place.path(name));
  const recipe = JSON.stringify(change(recipeOf(name)));
  place.write('edited.png', encodePng(decodePng(png), { ...readPngText(png), 'dalle-gl': recipe }));
  return 'edited.png';
}

const plain = { multiplyAdd: 'plain', without: [] };

test('a recipe names the kind of its device, and its choice', () => {
  expect(recipeOf('webgl.png')).toMatchObject({ kind: 'webgl', kernels: { fetch: 'textureLod', without: [] } });
  expect(recipeOf('cpu.png')).toMatchObject({
    kind: 'cpu',
    kernels: plain,
    device: expect.stringContaining('1 thread)'),
  });
  expect(recipeOf('reference.png')).toMatchObject({ kind: 'reference', kernels: null });
});

test.each(['webgl', 'cpu', 'reference'])('a picture of %s is drawn again there, byte for byte', async (kind) => {
  const { kernels, stderr, ...told } = await repeat(`${kind}.png`);
  expect(told.kind).toBe(kind);
  expect(kernels).toEqual(recipeOf(`${kind}.png`)['kernels']);
  expect(stderr).not.toContain('It was drawn on');
  expect(decodePng(readFileSync(place.path('again.png')))).toEqual(decodePng(readFileSync(place.path(`${kind}.png`))));
});

test('on the CPU another number of threads is told of by nobody, since nothing depends on it', async () => {
  const { stderr } = await repeat('cpu.png', '--device', 'cpu', '--threads', '2');
  expect(stderr).toContain('2 threads)');
  expect(stderr).not.toContain('It was drawn on');
  expect(decodePng(readFileSync(place.path('again.png')))).toEqual(decodePng(readFileSync(place.path('cpu.png'))));
});

test('another device is taken only where it is named, and told', async () => {
  const { kind, stderr } = await repeat('webgl.png', '--device', 'cpu');
  expect(kind).toBe('cpu');
  expect(stderr).toContain('It was drawn on ');
});

test('a recipe of before names no kind: WebGL drew it', async () => {
  const { kind, kernels } = await repeat(edit('webgl.png', ({ kind: _, ...recipe }) => recipe));
  expect(kind).toBe('webgl');
  expect(kernels).toEqual(recipeOf('webgl.png')['kernels']);
});

test('what is no choice of kernels reaches no device', async () => {
  const more = { ...plain, threads: 200, budgetBytes: 1 };
  const { kernels, kind } = await repeat(edit('cpu.png', (recipe) => ({ ...recipe, kernels: more })));
  expect({ kernels, kind }).toEqual({ kernels: plain, kind: 'cpu' });
});

test.each<[string, string, (recipe: Recipe) => Recipe]>([
  ['a device that there is not', 'cpu.png', (recipe) => ({ ...recipe, kind: 'gpu' })],
  ['kernels of another device', 'cpu.png', ({ kernels, ...recipe }) => ({ ...recipe, kernels, kind: 'webgl' })],
  ['kernels of another device still', 'webgl.png', (recipe) => ({ ...recipe, kind: 'cpu' })],
  ['no kernels', 'cpu.png', (recipe) => ({ ...recipe, kernels: null })],
  ['unknown arithmetic', 'cpu.png', (recipe) => ({ ...recipe, kernels: { ...plain, multiplyAdd: 'fast' } })],
  ['a rule that there is not', 'cpu.png', (recipe) => ({ ...recipe, kernels: { ...plain, without: ['rm'] } })],
  ['a rule of WebGL', 'cpu.png', (recipe) => ({ ...recipe, kernels: { ...plain, without: ['norm_on_append'] } })],
  ['a rule twice', 'cpu.png', (r) => ({ ...r, kernels: { ...plain, without: ['relu_on_read', 'relu_on_read'] } })],
])('%s is an edited recipe', async (_, name, change) => {
  const words = ['generate', '--repeat', place.path(edit(name, change)), '-o', place.path('x.png'), '-m', model];
  await expectFailure(place, words, { exitCode: 1, code: 'E_RECIPE', says: 'its recipe was edited' });
});

test.skipIf(lookAtWebAssembly().relaxed)('kernels that this Node lacks are refused by name', async () => {
  const relaxed = edit('cpu.png', (recipe) => ({ ...recipe, kernels: { ...plain, multiplyAdd: 'relaxed' } }));
  const words = ['generate', '--repeat', place.path(relaxed), '-o', place.path('x.png'), '-m', model];
  await expectFailure(place, words, { exitCode: 1, code: 'E_RECIPE_DEVICE', says: 'drawn on the CPU device (CPU (' });
});

test.runIf(lookAtWebAssembly().relaxed)(
  'relaxed multiply-add is told of, since processors may round it as they do',
  async () => {
    const { kernels, stderr } = await repeat(
      edit('cpu.png', (r) => ({ ...r, kernels: { ...plain, multiplyAdd: 'relaxed' } })),
    );
    expect(kernels).toEqual({ ...plain, multiplyAdd: 'relaxed' });
    expect(stderr).toContain('It was drawn with relaxed multiply-add');
  },
);

test.runIf(process.platform === 'linux')('without a driver, a picture of WebGL is refused by name', () => {
  const main = join(packageRoot, 'dist/cli/main.js');
  const words = ['generate', '--repeat', place.path('webgl.png'), '-o', place.path('x.png'), '-m', model];
  const env = { ...process.env, LIBGL_DRIVERS_PATH: place.folder, GBM_BACKENDS_PATH: place.folder };
  const refused = spawnSync(process.execPath, [main, ...words], { env, encoding: 'utf8' });
  expect(refused.status).toBe(1);
  expect(refused.stderr).toMatch(/was drawn on WebGL \(.+\), which is not to be had here: .+ \(E_RECIPE_DEVICE\)\n$/s);
  expect(refused.stderr).toContain('--device cpu');
  const there = spawnSync(process.execPath, [main, ...words, '--device', 'cpu'], { env, encoding: 'utf8' });
  expect({ status: there.status, stderr: there.stderr }).toMatchObject({ status: 0 });
});

test.each([
  [['--device', 'egl'], 'egl'],
  [['--device', 'reference'], 'reference'],
])('threads are refused beside %s', async (words, name) => {
  const all = ['generate', 'x', '--threads', '2', ...words, '-o', place.path('x.png'), '-m', model];
  await expectFailure(place, all, { exitCode: 2, code: 'E_FLAG_VALUE', says: `and ${name} was chosen` });
});

test('threads that have no part are told of, where a GPU was chosen for whoever names no device', () => {
  expect(tellUnusedThreads({ device: undefined, threads: 2 }, 'webgl')).toEqual([expect.stringContaining('--threads')]);
  expect(tellUnusedThreads({ device: undefined, threads: 2 }, 'cpu')).toEqual([]);
  expect(tellUnusedThreads({ device: undefined, threads: undefined }, 'webgl')).toEqual([]);
});
