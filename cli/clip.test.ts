/** `score --clip` and `generate --best`, with the tiny CLIP of the goldens and a DALL·E whose weights are by chance. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fromPixels, loadClip, loadDalle, loadImage, type Clip } from '../node.ts';
import { readPngText } from '../images/png-text.ts';
import { openCpuTestDevice } from '../test/helpers/cpu-device.ts';
import { runCaptured, type CapturedRun } from '../test/helpers/captured-terminal.ts';
import { makeTinyClip } from '../test/helpers/tiny-clip.ts';
import { makeTinyDalle } from '../test/helpers/tiny-dalle.ts';
import { makePng, makeWorkplace, type Workplace } from '../test/helpers/workplace.ts';
import { readNpy } from '../weights-convert/numpy/npy.ts';

let place: Workplace;
let model: string;
let folder: string;
let clip: Clip;
let photos: string[];

beforeAll(async () => {
  place = makeWorkplace();
  model = await makeTinyDalle(place.path('model'));
  folder = await makeTinyClip(place.path('clip'));
  clip = await loadClip(folder, { device: openCpuTestDevice() });
  photos = [
    [100, 60],
    [17, 90],
    [40, 40],
  ].map(([width, height]) => place.write(`${width}x${height}.png`, makePng(width!, height!)));
});
afterAll(async () => {
  await clip.dispose();
  place.remove();
});

async function run(...words: string[]): Promise<CapturedRun> {
  return runCaptured([...words, '--device', 'cpu']);
}

function readJson({ stdout }: CapturedRun): Record<string, unknown> {
  return JSON.parse(Buffer.from(stdout).toString()) as Record<string, unknown>;
}

describe('score --clip', () => {
  test('prints a cosine a picture, as the library has them', async () => {
    const pictures = await Promise.all(photos.map((photo) => loadImage(photo)));
    const expected = await clip.score('a red heart', pictures);
    const told = await run('score', '--clip', folder, 'a red heart', ...photos);
    expect(told.exitCode).toBe(0);
    const rows = expected.map((cosine, i) => `${photos[i]}\t${cosine.toFixed(4)}\n`);
    expect(Buffer.from(told.stdout).toString()).toBe(rows.join(''));
    const json = readJson(await run('score', '--clip', folder, 'a red heart', ...photos, '--json'));
    expect(json).toMatchObject({ text: 'a red heart', model: folder });
    (json['results'] as { input: string; cosine: number }[]).forEach(({ input, cosine }, i) => {
      expect(input).toBe(photos[i]);
      expect(cosine).toBeCloseTo(expected[i]!, 5);
    });
  });

  test('goes on after a bad picture', async () => {
    const bad = place.write('bad.png', Buffer.from('no picture'));
    const told = await run('score', '--clip', folder, 'a red heart', photos[0]!, bad, photos[2]!);
    expect(told.exitCode).toBe(1);
    expect(Buffer.from(told.stdout).toString().trim().split('\n')).toHaveLength(2);
  });

  test.each([
    ['E_FLAG_VALUE', ['-m', 'x']],
    ['E_FLAG_VALUE', ['--precision', 'half']],
    ['E_TEXT_TOO_LONG', []],
  ])('%s for %s', async (code, words) => {
    const text = words.length > 0 ? 'a red heart' : 'whale '.repeat(40);
    const told = await run('score', '--clip', folder, text, photos[0]!, ...words);
    expect(told.stderr).toContain(code);
    expect(told.exitCode).toBe(2);
  });

  test('a folder without a CLIP is told what it needs', async () => {
    expect((await run('score', '--clip', model, 'a red heart', photos[0]!)).stderr).toContain('E_PART_MISSING');
  });
});

describe('generate --best', () => {
  const words = (...more: string[]): string[] => ['generate', 'red heart', '-m', model, '--seed', '7', ...more];
  const tokensOf = (name: string): number[][] => {
    const { shape, data } = readNpy(readFileSync(place.path(name)), name);
    const size = shape.slice(1).reduce((product, side) => product * side, 1);
    return Array.from({ length: shape[0]! }, (_, i) => Array.from(data.slice(i * size, (i + 1) * size), Number));
  };

  test('keeps those that go with the text best, the best first, and says so', async () => {
    const all = await run(...words('-n', '6', '-o', place.path('all.png'), '--json'));
    expect(all.exitCode).toBe(0);
    const told = await run(
      ...words('-n', '6', '--best', '2', '--clip', folder, '-o', place.path('best.png'), '--json'),
    );
    const { best } = readJson(told) as { best: { kept: number[]; scores: number[]; all: number[] } };
    expect(best.all).toHaveLength(6);
    const order = best.all.map((_, i) => i).sort((a, b) => best.all[b]! - best.all[a]!);
    expect(best.kept).toEqual(order.slice(0, 2));
    expect(best.scores).toEqual(best.kept.map((i) => best.all[i]));
    expect(tokensOf('best.tokens.npy')).toEqual(best.kept.map((i) => tokensOf('all.tokens.npy')[i]));
    expect(told.stderr).toMatch(/; the best 2 of 6 by CLIP: seed \d+ \(-?0\.\d{4}\), seed \d+ /);
    await expectLibraryAgrees(best.all);
  });

  async function expectLibraryAgrees(scores: readonly number[]): Promise<void> {
    const dalle = await loadDalle(model, { device: openCpuTestDevice() });
    for await (const { image } of dalle.generate('red heart', { count: 6, seed: 7 })) {
      if (!image) continue;
      const own = await clip.score('red heart', fromPixels(image.data, image.shape));
      own.forEach((score, i) => expect(scores[i]).toBeCloseTo(score, 4));
    }
    await dalle.dispose();
  }

  test('--repeat draws those again, and nothing else', async () => {
    const recipe = readPngText(readFileSync(place.path('best.png')), 'best')['dalle-gl']!;
    expect(JSON.parse(recipe)).toMatchObject({
      settings: { count: 6, seed: 7 },
      best: { kept: [expect.any(Number), expect.any(Number)] },
    });
    const told = await run('generate', '--repeat', place.path('best.png'), '-m', model, '-o', place.path('again.png'));
    expect(told).toMatchObject({ exitCode: 0 });
    expect(tokensOf('again.tokens.npy')).toEqual(tokensOf('best.tokens.npy'));
    expect(readFileSync(place.path('again.png'))).toEqual(readFileSync(place.path('best.png')));
  });

  test('each picture of a folder repeats itself', async () => {
    await run(...words('-n', '6', '--best', '2', '--clip', folder, '-o', place.path('folder/')));
    const again = place.path('second.png');
    const told = await run('generate', '--repeat', place.path('folder', '001.png'), '-m', model, '-o', again);
    expect(told).toMatchObject({ exitCode: 0 });
    expect(tokensOf('second.tokens.npy')).toEqual([tokensOf('best.tokens.npy')[1]]);
  });

  test.each([
    ['--best without --clip', ['--best', '2']],
    ['--clip without --best', ['--clip', 'x']],
    ['more than are drawn', ['-n', '3', '--best', '4', '--clip', 'x']],
    ['none', ['--best', '0', '--clip', 'x']],
  ])('%s is refused before anything is opened', async (_, more) => {
    const told = await run(...words(...more));
    expect(told.stderr).toContain('E_FLAG_VALUE');
    expect(told.exitCode).toBe(2);
  });

  test('of several texts the one that CLIP does not read is told first, and the others are drawn', async () => {
    const long = 'whale whale whale whale whale whale';
    const more = ['-m', model, '-n', '2', '--best', '1', '--clip', folder, '--seed', '7', '--truncate'];
    const untold = await run('generate', 'red', long, ...more, '-o', place.path('all'));
    expect(untold.exitCode).toBe(0);
    const told = await run('generate', 'red', 'heart', ...more.slice(0, -1), '-o', place.path('both'));
    expect(told.exitCode).toBe(0);
    const refused = await run('generate', long, 'red', ...more.slice(0, -1), '-o', place.path('some'), '--json');
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr.indexOf('text 1 of 2: ')).toBeGreaterThan(-1);
    expect(refused.stderr.indexOf('text 1 of 2: ')).toBeLessThan(refused.stderr.indexOf('"red" → '));
    const { results } = readJson(refused) as { results: object[] };
    expect(results).toMatchObject([
      { text: long, error: { code: 'E_TEXT_TOO_LONG' } },
      { text: 'red', best: {} },
    ]);
  });

  test('says which CLIP compares, and how far it is', async () => {
    const more = ['-n', '2', '--best', '1', '--clip', folder, '-o', place.path('told.png')];
    const told = await runCaptured(words(...more, '--device', 'cpu'), { isTTY: true });
    expect(told.stderr).toContain(`clip    ${folder}\n`);
    expect(told.stderr).toMatch(/\rcompare \d+ %/);
    const quiet = await runCaptured(words(...more, '--device', 'cpu', '--quiet'), { isTTY: true });
    expect(quiet.stderr).toBe('');
  });

  test('a text that CLIP does not read is refused before anything is drawn', async () => {
    const text = 'whale whale whale whale whale whale';
    const told = await run(
      'generate',
      text,
      '-m',
      model,
      '--truncate',
      '-n',
      '2',
      '--best',
      '1',
      '--clip',
      folder,
      '-o',
      place.path('cut.png'),
    );
    expect(told.exitCode).toBe(0);
    const long = await run('generate', 'zzzz zzzz zzzz zzzz', '-m', model, '-n', '2', '--best', '1', '--clip', folder);
    expect(long.stderr).toContain('E_TEXT_TOO_LONG');
  });

  test('an edited recipe is refused', async () => {
    const { encodePng, decodePng } = await import('../node.ts');
    const png = readFileSync(place.path('best.png'));
    const recipe = JSON.parse(readPngText(png, 'best')['dalle-gl']!) as { best: Record<string, unknown> };
    for (const kept of [[0, 0], [6, 1], [], [1.5, 2], 'all']) {
      const edited = JSON.stringify({ ...recipe, best: { ...recipe.best, kept } });
      const path = place.write('edited.png', encodePng(decodePng(png), { 'dalle-gl': edited }));
      const told = await run('generate', '--repeat', path, '-m', model, '-o', place.path('edited.again.png'));
      expect(told.stderr).toContain('E_RECIPE');
    }
  });
});
