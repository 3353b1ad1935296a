/**
 * generate, complete and score when all is well: files, reports, JSON, pictures that repeat themselves, and a preview
 * that grows. Most of it with weights by chance, which draw noise within milliseconds.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { composeGrid, decodePng, encodePng } from '../node.ts';
import { readPngText } from '../images/png-text.ts';
import { runCaptured, type CapturedOptions, type CapturedRun } from '../test/helpers/captured-terminal.ts';
import { makeTinyDalle } from '../test/helpers/tiny-dalle.ts';
import { makePng, makeWorkplace, type Workplace } from '../test/helpers/workplace.ts';
import { readNpy } from '../weights-convert/numpy/npy.ts';

let place: Workplace;
let model: string;
let photo: string;

beforeAll(async () => {
  place = makeWorkplace();
  model = await makeTinyDalle(place.path('model'));
  photo = place.write('photo.png', makePng(100, 60));
});
afterAll(() => place.remove());

/** Runs a command with the tiny model and expects it to go well. */
async function runTiny(words: readonly string[], options: CapturedOptions = {}): Promise<CapturedRun> {
  const run = await runCaptured([...words, '-m', model], options);
  expect(run).toMatchObject({ exitCode: 0 });
  return run;
}

function readTokens(...names: string[]): { shape: readonly number[]; values: number[] } {
  const { dtype, shape, data } = readNpy(readFileSync(place.path(...names)), 'tokens');
  expect(dtype).toBe('int32');
  return { shape, values: Array.from(data, Number) };
}

describe('generate', () => {
  test('writes a grid with its tokens beside it, and reports', async () => {
    const words = ['generate', 'red heart', '-n', '4', '--seed', '7', '-o', place.path('four.png')];
    const { stdout, stderr } = await runTiny(words);
    expect(stdout).toHaveLength(0);
    expect(stderr).toMatch(/^device {2}.+\nmodel {3}.+\nWeights by chance\.\n/);
    expect(stderr).toMatch(
      /"red heart" → .+four\.png: 4 × 24 × 32, first token after .+ tokens\/s, .+ of seed (7|8|9|10) /,
    );
    expect(decodePng(readFileSync(place.path('four.png')))).toMatchObject({ width: 48, height: 64 });
    const { shape, values } = readTokens('four.tokens.npy');
    expect(shape).toEqual([4, 4, 3]);
    expect(values.every((token) => token >= 0 && token < 16)).toBe(true);
  });

  test('-n 1 --seed 9 repeats the third of -n 4 --seed 7', async () => {
    await runTiny(['generate', 'red heart', '-n', '1', '--seed', '9', '-o', place.path('third.png')]);
    expect(readTokens('third.tokens.npy')).toEqual({
      shape: [1, 4, 3],
      values: readTokens('four.tokens.npy').values.slice(24, 36),
    });
  });

  test('fills a folder with pictures that are those of the grid', async () => {
    const out = place.path('folder');
    const { stdout } = await runTiny(['generate', 'red heart', '--seed', '7', '-o', out, '--json', '--quiet']);
    expect(place.list().filter((name) => name.startsWith('folder/'))).toEqual([
      'folder/000.png',
      'folder/001.png',
      'folder/002.png',
      'folder/003.png',
      'folder/tokens.npy',
    ]);
    const each = [0, 1, 2, 3].map((i) => decodePng(readFileSync(place.path('folder', `00${i}.png`))));
    expect(composeGrid(each)).toEqual(decodePng(readFileSync(place.path('four.png'))));
    expect(readTokens('folder', 'tokens.npy')).toEqual(readTokens('four.tokens.npy'));
    const report = JSON.parse(stdout.toString());
    expect(report).toMatchObject({ text: 'red heart', output: out, tokens: place.path('folder', 'tokens.npy'), model });
    expect(report.settings).toEqual({ temperature: 1, topP: 1, guidance: 1, seed: 7, count: 4, topK: 12 });
    expect(report.logProbabilities).toHaveLength(4);
    expect(report.tokensPerSecond).toBeGreaterThan(0);
  });

  test('without -o the file is called after text and seed; settings of all kinds are taken', async () => {
    const folder = process.cwd();
    process.chdir(place.folder);
    try {
      const settings = ['-n', '1', '--temperature', '0.7', '--top-k', '5', '--top-p', '0.9', '--guidance', '2'];
      await runTiny(['generate', 'A  Red, heart!', ...settings, '--seed', '3', '--no-calibrate', '--device', 'egl']);
    } finally {
      process.chdir(folder);
    }
    const recipe = JSON.parse(readPngText(readFileSync(place.path('a-red-heart-3.png')))['dalle-gl']!);
    expect(recipe).toMatchObject({ licence: 'CC0-1.0', notice: 'Weights by chance. They draw noise.' });
    expect(recipe.settings).toEqual({ temperature: 0.7, topK: 5, topP: 0.9, guidance: 2, seed: 3, count: 1 });
  });

  test('writes the picture alone to a pipe', async () => {
    const { stdout } = await runTiny(['generate', 'red heart', '--seed', '7', '-o', '-']);
    expect(decodePng(stdout)).toEqual(decodePng(readFileSync(place.path('four.png'))));
  });

  test('odd texts are drawn: none, blanks, controls, a picture, a line break, and a long one cut', async () => {
    const words = ['-n', '1', '--seed', '1', '-o', place.path('odd.png')];
    for (const text of ['', '  ', '\x07\x1b[2J', '\u202e', '❤️ \u{1f98a}', 'red\nheart'])
      await runTiny(['generate', text, ...words]);
    await runTiny(['generate', 'red '.repeat(20), ...words, '--truncate']);
    expect(readPngText(readFileSync(place.path('odd.png')))['Description']).toBe('red '.repeat(20));
  });
});

describe('a seed that nobody named', () => {
  const words = ['red heart', '-n', '2', '--json'];

  /** Runs in the folder of the tests, and tells the seed by each way that tells it. */
  async function drawUnnamed(...words: string[]): Promise<{ seed: number; output: string; stderr: string }> {
    const folder = process.cwd();
    process.chdir(place.folder);
    try {
      const { stdout, stderr } = await runTiny(words);
      const { settings, output } = JSON.parse(stdout.toString());
      return { seed: settings.seed, output, stderr };
    } finally {
      process.chdir(folder);
    }
  }

  test('is random, told, and stored: in the report, with --json, in the name and in the picture', async () => {
    const { seed, output, stderr } = await drawUnnamed('generate', ...words);
    expect(stderr).toContain(`, seed ${seed} (random); the transformer`);
    expect(output).toBe(`red-heart-${seed}.png`);
    expect(JSON.parse(readPngText(readFileSync(place.path(output)))['dalle-gl']!).settings.seed).toBe(seed);
    const again = await drawUnnamed('generate', ...words);
    expect(again.seed).not.toBe(seed);
  });

  test('of complete too, and given again it draws the same', async () => {
    const { seed, output, stderr } = await drawUnnamed('complete', photo, ...words, '--keep', '0,0,1,0.5');
    expect(output).toBe(`red-heart-${seed}.png`);
    const again = ['complete', photo, ...words, '--keep', '0,0,1,0.5', '--seed', String(seed), '-o', 'again.png'];
    expect((await drawUnnamed(...again)).stderr).toContain(`, seed ${seed}; the transformer`);
    expect(stderr).toContain(`, seed ${seed} (random);`);
    expect(readTokens('again.tokens.npy')).toEqual(readTokens(`red-heart-${seed}.tokens.npy`));
  });

  test('a repetition takes that of the picture, which nobody drew by chance', async () => {
    const { seed, output } = await drawUnnamed('generate', ...words);
    const repeated = await drawUnnamed('generate', '--repeat', output, '--json');
    expect(repeated.stderr).toContain(`, seed ${seed}; the transformer`);
  });
});

describe('generate --repeat', () => {
  test.each([
    ['a grid', 'four.png', 'four.tokens.npy'],
    ['the third of a folder', 'folder/002.png', 'third.tokens.npy'],
  ])('%s, byte for byte, without a text', async (_, name, tokens) => {
    await runTiny(['generate', '--repeat', place.path(name), '-o', place.path('again.png')]);
    expect(readFileSync(place.path('again.png'))).toEqual(readFileSync(place.path(name)));
    expect(readTokens('again.tokens.npy')).toEqual(readTokens(tokens));
  });

  test.each([
    ['all that was chosen', { targets: 2, fetch: 'texelFetch', block: 'block', without: ['pack_conv2d'] }, {}],
    ['what an earlier version chose', { targets: 4, fetch: 'texelFetch' }, { block: 'strip', without: [] }],
  ])('%s is replayed from the picture', async (_, kernels, defaults) => {
    const drawn = ['generate', 'red heart', '-n', '1', '--seed', '3', '--device', 'egl', '-o', place.path('webgl.png')];
    await runTiny(drawn);
    const png = readFileSync(place.path('webgl.png'));
    const text = readPngText(png);
    const recipe = JSON.stringify({ ...JSON.parse(text['dalle-gl']!), kernels });
    place.write('chosen.png', encodePng(decodePng(png), { ...text, 'dalle-gl': recipe }));
    const words = ['generate', '--repeat', place.path('chosen.png'), '-o', place.path('replayed.png'), '--json'];
    const { stdout } = await runTiny(words);
    expect(JSON.parse(stdout.toString()).kernels).toEqual({ ...kernels, ...defaults });
    const told = readPngText(readFileSync(place.path('replayed.png')))['dalle-gl']!;
    expect(JSON.parse(told).kernels).toEqual({ ...kernels, ...defaults });
    expect(readTokens('replayed.tokens.npy')).toEqual(readTokens('webgl.tokens.npy'));
  });

  test('a repeated picture lies beside itself without -o', async () => {
    await runTiny(['generate', '--repeat', place.path('four.png')]);
    expect(readFileSync(place.path('four.repeated.png'))).toEqual(readFileSync(place.path('four.png')));
  });

  test('a picture of the package’s own model does not tell where that lies; one of another device is told', async () => {
    const out = ['-o', place.path('own.png')];
    expect(
      await runCaptured(['generate', 'red heart', '-n', '1', '--seed', '1', '--top-k', '1', '--device', 'egl', ...out]),
    ).toMatchObject({ exitCode: 0 });
    const png = readFileSync(place.path('own.png'));
    const text = readPngText(png);
    expect(text['dalle-gl']).not.toContain('models');
    const elsewhere = { ...JSON.parse(text['dalle-gl']!), device: 'another one' };
    place.write('elsewhere.png', encodePng(decodePng(png), { ...text, 'dalle-gl': JSON.stringify(elsewhere) }));
    const { exitCode, stderr } = await runCaptured(['generate', '--repeat', place.path('elsewhere.png'), ...out]);
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('drawn on another one.'),
    });
    expect(decodePng(readFileSync(place.path('own.png')))).toEqual(decodePng(png));
  });
});

describe('complete', () => {
  /** Tokens of `photo` in the model's size, as `complete` sees it. */
  async function encodePhoto(): Promise<number[]> {
    await runTiny(['encode', photo, '--size', '24x32', '-o', place.path('photo.npy')]);
    return readTokens('photo.npy').values;
  }

  async function completePhoto(...words: string[]): Promise<number[]> {
    await runTiny(['complete', photo, 'red heart', '-n', '1', '--seed', '7', '-o', place.path('done.png'), ...words]);
    return readTokens('done.tokens.npy').values;
  }

  test('keeps the tokens it is told to keep, rectangle by rectangle', async () => {
    const given = await encodePhoto();
    const upper = await completePhoto('--keep', '0,0,1,0.5');
    expect(upper.slice(0, 6)).toEqual(given.slice(0, 6));
    expect(upper.slice(6)).not.toEqual(given.slice(6));
    const corners = await completePhoto('--keep', '0,0,0.34,0.5', '--keep', '0.66,0.5,0.34,0.5');
    for (const place of [0, 3, 8, 11]) expect(corners[place]).toBe(given[place]);
    expect(corners).not.toEqual(given);
  });

  test('--redraw and a mask of any size say the same as --keep', async () => {
    const upper = await completePhoto('--keep', '0,0,1,0.5');
    expect(await completePhoto('--redraw', '0,0.5,1,0.5')).toEqual(upper);
    const mask = decodePng(makePng(99, 132));
    mask.data.fill(0).fill(255, mask.data.length / 2);
    const file = place.write('mask.png', encodePng(mask));
    expect(await completePhoto('--mask', file)).toEqual(upper);
  });
});

test('score prints a line for each picture; a bad one among them is told', async () => {
  const pictures = [photo, place.path('none.png'), place.path('third.png')];
  const run = await runCaptured(['score', 'red heart', ...pictures, '-m', model]);
  expect(run.exitCode).toBe(1);
  expect(run.stderr).toContain('(E_FILE_MISSING)');
  const lines = run.stdout.toString().trimEnd().split('\n');
  expect(lines.map((line) => line.split('\t')[0])).toEqual([photo, place.path('third.png')]);
  for (const line of lines) expect(line).toMatch(/\t\d+\.\d{4}$/);
  const { stdout } = await runTiny(['score', 'red heart', photo, '--json']);
  expect(JSON.parse(stdout.toString()).results).toEqual([
    { input: photo, nats: expect.closeTo(Number(lines[0]!.split('\t')[1]), 3) },
  ]);
});

describe('the preview', () => {
  const words = ['generate', 'red heart', '-n', '1', '--seed', '7'];

  test('grows in half-blocks, each drawn over the one before, no higher than the screen', async () => {
    const screen = { isTTY: true, columns: 80, rows: 10, env: { TERM: 'xterm' } };
    const { stdout } = await runTiny([...words, '-o', place.path('shown.png')], screen);
    // Of 4 rows of tokens, after 2 and after all; 8 of the screen's lines, 12 characters wide.
    const frames = stdout.toString().split('\x1b[8A\r');
    expect(frames).toHaveLength(2);
    const lines = frames.map((frame) => frame.split('\n'));
    for (const drawn of lines)
      expect(drawn.map((line) => line.split('▀').length - 1)).toEqual([...Array(8).fill(12), 0]);
    const white = /^(\x1b\[38;2;255;255;255;48;2;255;255;255m▀)+/;
    expect(lines[0]![7]).toMatch(white);
    expect(lines[1]![7]).not.toMatch(white);
    expect(lines[0]![0]).not.toMatch(white);
  });

  test.each([
    ['a pipe', { env: { TERM: 'xterm' } }, []],
    ['--quiet', { isTTY: true, env: { TERM: 'xterm' } }, ['--quiet']],
    ['a screen without colours', { isTTY: true, env: { TERM: 'dumb' } }, []],
  ])('there is none for %s', async (_, options, more) => {
    const { stdout } = await runTiny([...words, '-o', place.path('quiet.png'), ...more], options);
    expect(stdout).toHaveLength(0);
  });
});
