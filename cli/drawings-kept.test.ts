/** A drawing replaces a picture of ours and its tokens, known by the recipe in the PNG, and nothing else. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { statSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { encodePng, decodePng, readPngText } from '../node.ts';
import { writeNpy } from '../weights-convert/numpy/npy.ts';
import { runCaptured, type CapturedRun } from '../test/helpers/captured-terminal.ts';
import { makeTinyDalle } from '../test/helpers/tiny-dalle.ts';
import { makePng, makeWorkplace, type Workplace } from '../test/helpers/workplace.ts';

let models: Workplace;
let model: string;
let drawing: Buffer;
let place: Workplace;

beforeAll(async () => {
  models = makeWorkplace();
  model = await makeTinyDalle(models.path('model'));
  const words = ['generate', 'red heart', '-n', '1', '--seed', '7', '-o', models.path('d.png'), '-m', model, '--quiet'];
  expect((await runCaptured(words)).exitCode).toBe(0);
  drawing = readFileSync(models.path('d.png'));
});
afterAll(() => models.remove());
beforeEach(() => {
  place = makeWorkplace();
  place.write('photo.png', makePng(64, 64));
});
afterEach(() => place.remove());

const p = (name: string): string => place.path(name);
const draw = (...words: string[]): Promise<CapturedRun> =>
  runCaptured([
    ...['generate', 'red heart', ...(words.includes('-n') ? [] : ['-n', '1'])],
    ...(words.includes('--seed') ? [] : ['--seed', '7']),
    ...[...words, '-m', model, '--quiet'],
  ]);

/** All files with their SHA-256; what is in a folder too. */
function hashAll(of: Workplace): string[] {
  return of.list().map((name) => {
    const isFile = statSync(of.path(name)).isFile();
    return `${name} ${
      isFile
        ? createHash('sha256')
            .update(readFileSync(of.path(name)))
            .digest('hex')
        : ''
    }`;
  });
}

/** Expects a command to be refused with a code, and every file to be as it was. */
async function expectRefused(code: string, words: readonly string[]): Promise<void> {
  const before = [hashAll(place), hashAll(models)];
  const { exitCode, stderr } = await runCaptured([...words, ...(words.includes('-m') ? [] : ['-m', model])]);
  expect({ stderr, exitCode }).toMatchObject({ stderr: expect.stringContaining(`(${code})`) });
  expect(exitCode).toBe(code === 'E_OUTPUT_CLASH' ? 2 : 1);
  expect([hashAll(place), hashAll(models)]).toEqual(before);
}

describe('a drawing', () => {
  test.each([
    ['a photograph', () => place.write('h.png', makePng(8, 8))],
    ['words', () => place.write('h.png', 'mine')],
    ['nothing', () => place.write('h.png', '')],
    ['a drawing that was cut short', () => place.write('h.png', drawing.subarray(0, -20))],
    ['a drawing that was edited', () => place.write('h.png', encodePng(decodePng(drawing)))],
    [
      'a picture of another command',
      () => place.write('h.png', encodePng(decodePng(drawing), { 'dalle-gl': '{"device":"x"}' })),
    ],
    ['a recipe that is no JSON', () => place.write('h.png', encodePng(decodePng(drawing), { 'dalle-gl': '{' }))],
    ['tokens without a picture', () => place.write('h.tokens.npy', 'mine')],
    [
      'tokens beside a picture of another',
      () => {
        place.write('h.png', makePng(8, 8));
        place.write('h.tokens.npy', 'mine');
      },
    ],
    [
      'the same through a link',
      () => {
        place.write('mine.png', makePng(8, 8));
        symlinkSync('mine.png', p('h.png'));
      },
    ],
  ])('does not replace %s', async (_, put) => {
    put();
    const words = ['red heart', '-n', '1', '-o', p('h.png')];
    await expectRefused('E_OUTPUT_EXISTS', ['generate', ...words]);
    await expectRefused('E_OUTPUT_EXISTS', ['complete', p('photo.png'), '--redraw', '0,0,1,0.5', ...words]);
  });

  test('does not replace what stands where its tokens were', async () => {
    expect((await draw('-o', p('h.png'))).exitCode).toBe(0);
    for (const bytes of ['mine', '', writeNpy({ dtype: 'int32', shape: [2, 2], data: new Int32Array(4) })]) {
      place.write('h.tokens.npy', bytes);
      await expectRefused('E_OUTPUT_EXISTS', ['generate', 'red heart', '-n', '1', '-o', p('h.png')]);
    }
  });

  test('does not replace pictures in a folder, nor a folder', async () => {
    mkdirSync(p('f'));
    place.write('f/001.png', makePng(8, 8));
    await expectRefused('E_OUTPUT_EXISTS', ['generate', 'red heart', '-n', '2', '-o', p('f')]);
    place.write('f/tokens.npy', 'mine');
    await expectRefused('E_OUTPUT_EXISTS', ['generate', 'red heart', '-n', '1', '-o', p('f')]);
    mkdirSync(p('h.tokens.npy'));
    await expectRefused('E_FILE_IS_DIRECTORY', ['generate', 'red heart', '-n', '1', '-o', p('h.png')]);
    await expectRefused('E_FILE_NAME', ['generate', 'red heart', '-n', '1', '-o', p(`${'x'.repeat(251)}.png`)]);
  });

  test('replaces a drawing and its tokens, through a link too, and repairs half a pair', async () => {
    for (const words of [
      ['--seed', '1'],
      ['--seed', '2'],
    ])
      expect((await draw('-o', p('h.png'), ...words)).exitCode).toBe(0);
    const wanted = hashAll(place);
    for (const name of ['h.png', 'h.tokens.npy']) {
      rmSync(p(name));
      if (name === 'h.png') rmSync(p('h.tokens.npy'), { force: true });
      expect((await draw('-o', p('h.png'), '--seed', '2')).exitCode).toBe(0);
      expect(hashAll(place)).toEqual(wanted);
    }
    symlinkSync('h.png', p('l.png'));
    expect((await draw('-o', p('l.png'), '--seed', '1')).exitCode).toBe(0);
    expect(JSON.parse(readPngText(readFileSync(p('h.png')))['dalle-gl']!).settings.seed).toBe(1);
    mkdirSync(p('f'));
    for (const seed of ['1', '2']) expect((await draw('-n', '2', '-o', p('f'), '--seed', seed)).exitCode).toBe(0);
    expect(readdirSync(p('f'))).toEqual(['000.png', '001.png', 'tokens.npy']);
  });

  test('does not replace what was put there while it was drawn', async () => {
    const controller = new AbortController();
    const words = ['generate', 'red heart', '-n', '1', '--seed', '7', '-o', p('h.png'), '-m', model];
    const running = runCaptured(words, { signal: controller.signal });
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(existsSync(p('h.png'))).toBe(false);
    writeFileSync(p('h.png'), 'mine');
    expect(await running).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('(E_OUTPUT_EXISTS)') });
    expect(readFileSync(p('h.png'), 'utf8')).toBe('mine');
    expect(place.list()).toEqual(['h.png', 'photo.png']);
  });
});
