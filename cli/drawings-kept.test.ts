/** A drawing replaces a picture of ours and its tokens, known by the recipe in the PNG, and nothing else. */
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readPngText } from '../images/png-text.ts';
import { encodePng, decodePng } from '../node.ts';
import { writeNpy } from '../weights-convert/numpy/npy.ts';
import { runCaptured, type CapturedRun } from '../test/helpers/captured-terminal.ts';
import { keepFiles } from '../test/helpers/kept-files.ts';
import { makePng } from '../test/helpers/workplace.ts';

const kept = keepFiles();
const expectRefused: typeof kept.expectRefused = (...given) => kept.expectRefused(...given);
const p = (name: string): string => kept.place.path(name);
const draw = (...words: string[]): Promise<CapturedRun> =>
  runCaptured([
    ...['generate', 'red heart', ...(words.includes('-n') ? [] : ['-n', '1'])],
    ...(words.includes('--seed') ? [] : ['--seed', '7']),
    ...[...words, '-m', kept.model, '--quiet'],
  ]);

describe('a drawing', () => {
  test.each([
    ['a photograph', () => kept.place.write('h.png', makePng(8, 8))],
    ['words', () => kept.place.write('h.png', 'mine')],
    ['nothing', () => kept.place.write('h.png', '')],
    ['a drawing that was cut short', () => kept.place.write('h.png', kept.drawing.subarray(0, -20))],
    ['a drawing that was edited', () => kept.place.write('h.png', encodePng(decodePng(kept.drawing)))],
    [
      'a picture of another command',
      () => kept.place.write('h.png', encodePng(decodePng(kept.drawing), { 'dalle-gl': '{"device":"x"}' })),
    ],
    [
      'a recipe that is no JSON',
      () => kept.place.write('h.png', encodePng(decodePng(kept.drawing), { 'dalle-gl': '{' })),
    ],
    ['tokens without a picture', () => kept.place.write('h.tokens.npy', 'mine')],
    [
      'tokens beside a picture of another',
      () => {
        kept.place.write('h.png', makePng(8, 8));
        kept.place.write('h.tokens.npy', 'mine');
      },
    ],
    [
      'the same through a link',
      () => {
        kept.place.write('mine.png', makePng(8, 8));
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
      kept.place.write('h.tokens.npy', bytes);
      await expectRefused('E_OUTPUT_EXISTS', ['generate', 'red heart', '-n', '1', '-o', p('h.png')]);
    }
  });

  test('does not replace pictures in a folder, nor a folder', async () => {
    mkdirSync(p('f'));
    kept.place.write('f/001.png', makePng(8, 8));
    await expectRefused('E_OUTPUT_EXISTS', ['generate', 'red heart', '-n', '2', '-o', p('f')]);
    kept.place.write('f/tokens.npy', 'mine');
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
    const wanted = kept.hashAll();
    for (const name of ['h.png', 'h.tokens.npy']) {
      rmSync(p(name));
      if (name === 'h.png') rmSync(p('h.tokens.npy'), { force: true });
      expect((await draw('-o', p('h.png'), '--seed', '2')).exitCode).toBe(0);
      expect(kept.hashAll()).toEqual(wanted);
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
    const words = ['generate', 'red heart', '-n', '1', '--seed', '7', '-o', p('h.png'), '-m', kept.model];
    const running = runCaptured(words, { signal: controller.signal });
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(existsSync(p('h.png'))).toBe(false);
    writeFileSync(p('h.png'), 'mine');
    expect(await running).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('(E_OUTPUT_EXISTS)') });
    expect(readFileSync(p('h.png'), 'utf8')).toBe('mine');
    expect(kept.place.list()).toEqual(['h.png', 'photo.png']);
  });
});
