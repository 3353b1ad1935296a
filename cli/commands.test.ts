/** What the commands do when all is well: files, reports, JSON, several inputs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodePng } from '../node.ts';
import { readPngText } from '../images/png-text.ts';
import { packageRoot } from '../base/node/package-files.ts';
import { runCaptured } from '../test/helpers/captured-terminal.ts';
import { loadPictureGolden } from '../test/helpers/golden.ts';
import { makePng, makeSmallModel, makeWorkplace, smallCheckpoints, type Workplace } from '../test/helpers/workplace.ts';
import { readNpy } from '../weights-convert/numpy/npy.ts';
import { commands } from './command-line.ts';

let place: Workplace;
let model: string;
let wide: string;
let square: string;

beforeAll(async () => {
  place = makeWorkplace();
  model = await makeSmallModel(place.path('model'), ['encoder', 'decoder']);
  wide = place.write('wide.png', makePng(43, 25));
  square = place.write('square.png', makePng(32, 32));
});
afterAll(() => place.remove());

function readPicture(path: string): { width: number; height: number } {
  return decodePng(readFileSync(path));
}

test('reconstruct writes beside its input and reports', async () => {
  const { exitCode, stdout, stderr } = await runCaptured(['reconstruct', wide, '--size', 'keep', '-m', model]);
  expect(stderr).toMatch(
    /^device {2}.+\nmodel {3}.+\n(?:.+: preparing .+\n)*.+wide\.png → .+: 40 × 24, 15 tokens \(\d+ distinct\), PSNR [\d.]+ dB/,
  );
  expect(exitCode).toBe(0);
  expect(stdout).toHaveLength(0);
  expect(readPicture(place.path('wide.reconstruction.png'))).toMatchObject({ width: 40, height: 24 });
});

test('reconstruct of several pictures fills a folder, side by side, and prints one object', async () => {
  const out = place.path('out');
  const words = ['reconstruct', wide, square, '--size', '24x16', '-o', out, '--side-by-side', '--json', '-m', model];
  const { exitCode, stdout } = await runCaptured([...words, '--quiet']);
  expect(exitCode).toBe(0);
  const { results } = JSON.parse(stdout.toString());
  expect(results).toHaveLength(2);
  expect(results[1]).toMatchObject({ input: square, output: place.path('out', 'square.png'), width: 24, height: 16 });
  expect(results[1].tokens).toMatchObject({ shape: [2, 3], count: 6 });
  expect(readPicture(place.path('out', 'wide.png'))).toMatchObject({ width: 48, height: 16 });
});

test('a picture tells how it was made; --no-calibrate takes the default kernels', async () => {
  const out = place.path('told.png');
  const device = ['--device', 'egl', '--no-calibrate'];
  const words = ['reconstruct', square, '--size', 'keep', '-o', out, ...device, '--json', '-m', model];
  const { stdout } = await runCaptured(words);
  const [{ device: driver, kernels, precision }] = JSON.parse(stdout.toString()).results;
  expect(kernels).toEqual({ targets: expect.any(Number), fetch: 'textureLod', block: 'strip', without: [] });
  const text = readPngText(readFileSync(out));
  expect(text['Software']).toMatch(/^dalle-gl \d/);
  expect(JSON.parse(text['dalle-gl']!)).toEqual({ device: driver, kind: 'webgl', kernels, precision: 'full', model });
  expect(precision).toBe('full');
});

test('--precision half is told, and another word is refused', async () => {
  const words = ['encode', square, '--size', '16', '-o', place.path('half.npy'), '--json', '-m', model];
  const { exitCode, stdout } = await runCaptured([...words, '--precision', 'half']);
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout.toString()).results[0]).toMatchObject({ precision: 'half' });
  const wrong = await runCaptured([...words, '--precision', 'double']);
  expect(wrong).toMatchObject({ exitCode: 2 });
  expect(wrong.stderr).toContain('full or half');
});

test('a bad file among several is told; the others are done; the exit code says so', async () => {
  const out = place.path('some');
  const words = ['reconstruct', place.path('none.png'), square, '--size', 'keep', '-o', out, '--json', '-m', model];
  const { exitCode, stdout, stderr } = await runCaptured(words);
  expect(exitCode).toBe(1);
  expect(stderr).toContain('(E_FILE_MISSING)');
  const { results } = JSON.parse(stdout.toString());
  expect(results[0]).toMatchObject({ input: place.path('none.png'), error: { code: 'E_FILE_MISSING' } });
  expect(readPicture(results[1].output)).toMatchObject({ width: 32, height: 32 });
});

test("from pickles in OpenAI's form to PyTorch's tokens and pixels, by commands alone", async () => {
  const golden = loadPictureGolden();
  const trained = place.path('trained');
  const pickles = ['encoder', 'decoder'].map((part) => join(packageRoot, `test/data/emoji-dvae/${part}.pkl`));
  expect((await runCaptured(['convert', ...pickles, '-o', trained])).exitCode).toBe(0);
  const tokens = place.path('emoji.npy');
  const input = golden.path('emoji-128.input.png');
  expect((await runCaptured(['encode', input, '-o', tokens, '--size', 'keep', '-m', trained])).exitCode).toBe(0);
  expect(readNpy(readFileSync(tokens))).toEqual(golden.array('emoji-128.tokens.f64'));
  const picture = place.path('emoji.png');
  const given = golden.path('emoji-128.tokens.f64.npy');
  expect((await runCaptured(['decode', given, '-o', picture, '-m', trained])).exitCode).toBe(0);
  const wanted = decodePng(readFileSync(golden.path('emoji-128.reconstruction.png')));
  const errors = decodePng(readFileSync(picture)).data.map((byte, i) => Math.abs(byte - wanted.data[i]!));
  expect(Math.max(...errors)).toBeLessThanOrEqual(2);
});

test('several pictures become one array', async () => {
  const both = place.path('both.json');
  const words = ['encode', square, square, '-o', both, '--size', '24x16', '-m', model];
  expect((await runCaptured(words)).exitCode).toBe(0);
  const lists = JSON.parse(readFileSync(both, 'utf8')) as number[][][];
  expect(lists.map((grid) => grid.map((row) => row.length))).toEqual([
    [3, 3],
    [3, 3],
  ]);
  expect(lists[0]).toEqual(lists[1]);
});

test('encode and decode meet in a pipe, and decode what reconstruct shows', async () => {
  const encoded = await runCaptured(['encode', square, '-o', '-', '--size', 'keep', '-m', model, '--quiet']);
  expect(encoded).toMatchObject({ exitCode: 0, stderr: '' });
  const picture = place.path('piped.png');
  const decoded = await runCaptured(['decode', '-', '-o', picture, '-m', model], { stdin: encoded.stdout });
  expect(decoded.exitCode).toBe(0);
  await runCaptured(['reconstruct', square, '--size', 'keep', '-o', place.path('same.png'), '-m', model]);
  expect(readFileSync(picture).equals(readFileSync(place.path('same.png')))).toBe(true);
});

test('decode draws several grids as one picture', async () => {
  const tokens = place.write('three.json', JSON.stringify([[[1, 2]], [[3, 4]], [[5, 6]]]));
  const words = ['decode', tokens, '-o', place.path('three.png'), '-m', model, '--json'];
  const { exitCode, stdout } = await runCaptured(words);
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout.toString()).results[0]).toMatchObject({ width: 32, height: 16, tokens: { distinct: 6 } });
  expect(readPicture(place.path('three.png'))).toMatchObject({ width: 32, height: 16 });
});

test('the float64 reference gives the same tokens as the devices', async () => {
  for (const device of ['egl', 'cpu', 'reference']) {
    const words = [
      'encode',
      square,
      '-o',
      place.path(`${device}.json`),
      '--size',
      '16',
      '-m',
      model,
      '--device',
      device,
    ];
    expect((await runCaptured(words)).exitCode).toBe(0);
  }
  expect(readFileSync(place.path('egl.json'))).toEqual(readFileSync(place.path('reference.json')));
  expect(readFileSync(place.path('cpu.json'))).toEqual(readFileSync(place.path('reference.json')));
});

test('without -m the bundled model is used, wherever the command runs', async () => {
  const { exitCode, stdout } = await runCaptured([
    'encode',
    square,
    '-o',
    place.path('b.npy'),
    '--size',
    '16',
    '--json',
  ]);
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout.toString()).results[0].model).toMatch(/models\/emoji$/);
});

test('convert tells what it read, and --dry-run writes nothing', async () => {
  const { encoder, decoder } = smallCheckpoints();
  const out = place.path('dry');
  const dry = await runCaptured(['convert', encoder, decoder, '-o', out, '--dry-run', '--json']);
  expect(dry.exitCode).toBe(0);
  expect(JSON.parse(dry.stdout.toString())).toMatchObject({ dryRun: true, parts: [{ tensors: 74 }, { tensors: 76 }] });
  expect(place.list()).not.toContain('dry');
  const wet = await runCaptured(['convert', encoder, '-o', out, '--dtype', 'f16', '--verify']);
  expect(wet).toMatchObject({ exitCode: 0 });
  expect(wet.stderr).toMatch(/not known as a file of OpenAI's, SHA-256 [0-9a-f]{64}\n.+compared with its source/);
});

test('doctor prints what was found and chosen', async () => {
  const report = (await runCaptured(['doctor', '--device', 'egl'])).stdout.toString();
  expect(report).toMatch(/^dalle-gl \d+\.\d+\.\d+, Node \d+/);
  expect(report).toMatch(/render targets at once: [1248]\n/);
  expect(report).toMatch(
    /\nCPU: [\d.]+ GFLOP\/s on \d+ threads?\n {2}threads that may compute: \d+, of \d+ processors\n/,
  );
  expect(report).toMatch(/\nWithout --device: (cpu|webgl), since .+\n/);
  const { exitCode, stdout } = await runCaptured(['doctor', '--device', 'webgl', '--json']);
  expect(exitCode).toBe(0);
  const found = JSON.parse(stdout.toString());
  expect(found.contexts.platforms.length).toBeGreaterThan(0);
  expect(found.device).toMatchObject({ kind: 'webgl', probes: { float32: true } });
  expect(found.cpu).toMatchObject({ simd: true, threads: found.cpu.mostThreads });
  expect(found.cpu.mostThreads).toBeLessThanOrEqual(found.cpu.processors);
  for (const { multiplyAddsPerSecond } of [found.cpu, found.device]) expect(multiplyAddsPerSecond).toBeGreaterThan(1e6);
  expect(['cpu', 'webgl']).toContain(found.choice.device);
  expect(found.choice.reason).not.toBe('');
  expect(found.model.parts).toEqual(['encoder', 'decoder', 'transformer', 'tokenizer']);
});

test('doctor opens what it says is taken without --device', async () => {
  const { choice, device } = JSON.parse((await runCaptured(['doctor', '--json'])).stdout.toString());
  expect(device.kind).toBe(choice.device);
});

test('doctor counts the threads that it is told to use', async () => {
  const { stdout } = await runCaptured(['doctor', '--device', 'cpu', '--threads', '1', '--json']);
  const { cpu, device } = JSON.parse(stdout.toString());
  expect(cpu).toMatchObject({ threads: 1, description: expect.stringContaining('1 thread)') });
  expect(device).toMatchObject({ kind: 'cpu', description: cpu.description, probes: null });
});

test('help begins with an example, and every flag is in it', async () => {
  for (const { name, flags } of commands) {
    const { exitCode, stdout } = await runCaptured([name, '--help']);
    expect(exitCode).toBe(0);
    expect(stdout.toString()).toMatch(new RegExp(`^Example:\n {2}dalle-gl ${name}`));
    expect(stdout.toString().match(/--[a-z-]+ /g)!.length).toBeGreaterThanOrEqual(Object.keys(flags).length);
  }
  const program = (await runCaptured(['--help'])).stdout.toString();
  for (const { name } of commands) expect(program).toContain(`\n  ${name} `);
});

test('a picture is shown on a screen only', async () => {
  const words = ['reconstruct', square, '--size', '16', '-o', place.path('shown.png'), '-m', model];
  const shown = await runCaptured(words, { isTTY: true, columns: 0, env: { TERM: 'xterm' } });
  expect(shown.stdout.toString()).toContain('▀');
});
