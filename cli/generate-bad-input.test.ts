/**
 * Every kind of bad input to generate, complete and score; and what is left when one of them is interrupted: nothing.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodePng, encodePng } from '../node.ts';
import { readPngText } from '../images/png-text.ts';
import { runCaptured, type CapturedOptions } from '../test/helpers/captured-terminal.ts';
import { expectFailure as expectFailureIn, type WantedFailure } from '../test/helpers/expect-failure.ts';
import { makeTinyDalle } from '../test/helpers/tiny-dalle.ts';
import { makePng, makeSmallModel, makeWorkplace, type Workplace } from '../test/helpers/workplace.ts';

let place: Workplace;
let model: string;
let photo: string;

beforeAll(async () => {
  place = makeWorkplace();
  model = await makeTinyDalle(place.path('model'));
  photo = place.write('photo.png', makePng(24, 32));
  const words = ['generate', 'red heart', '-n', '1', '--seed', '1', '-o', place.path('drawn.png'), '-m', model];
  expect((await runCaptured(words)).exitCode).toBe(0);
});
afterAll(() => place.remove());

/** Where a failing command would write. */
const out = (): string[] => ['-o', place.path('none', 'out.png'), '-m', model];

const expectFailure = (words: readonly string[], wanted: WantedFailure, options?: CapturedOptions): Promise<void> =>
  expectFailureIn(place, words, wanted, options);

describe('the words typed: exit 2', () => {
  test.each<[string, readonly string[], string, string | RegExp]>([
    [
      'no text',
      ['generate'],
      'E_OPERAND',
      'wanted one text or several, each in quotes, or --prompts with a file of them, got none',
    ],
    [
      'a text without quotes',
      ['generate', 'red', 'heart'],
      'E_OUTPUT_NAME',
      'One text of several words stands in quotes',
    ],
    ['an unknown flag', ['generate', 'x', '--sead', '7'], 'E_FLAG_UNKNOWN', 'Did you mean --seed?'],
    [
      'words for a number',
      ['generate', 'x', '-n', 'four'],
      'E_FLAG_VALUE',
      '-n wants an integer from 1 to 1024, but "four"',
    ],
    ['temperature 0', ['generate', 'x', '--temperature', '0'], 'E_SAMPLING', '--temperature wants a number above 0'],
    [
      'a top-p over 1',
      ['generate', 'x', '--top-p', '1.5'],
      'E_SAMPLING',
      '--top-p wants a number above 0, at most 1, but "1.5"',
    ],
    ['half a picture', ['generate', 'x', '-n', '0.5'], 'E_SAMPLING', '-n wants an integer'],
    ['a million pictures', ['generate', 'x', '-n', '1e6'], 'E_SAMPLING', '1 to 1024'],
    [
      'a negative seed',
      ['generate', 'x', '--seed=-1'],
      'E_SAMPLING',
      '--seed wants an integer from 0 to 4294967295, but "-1"',
    ],
    ['a top-k over the vocabulary', ['generate', 'x', '--top-k', '17'], 'E_SAMPLING', /--top-k is 17.* only 16 tokens/],
    [
      'a text that is too long',
      ['generate', 'red '.repeat(20)],
      'E_TEXT_TOO_LONG',
      /keep "(red ?){12}" and cut "(red ?){8}"/,
    ],
    ['a text beside --repeat', ['generate', 'x', '--repeat', 'y.png'], 'E_OPERAND', 'no text beside --repeat'],
    [
      'a setting beside --repeat',
      ['generate', '--repeat', 'y.png', '--seed', '8'],
      'E_FLAG_VALUE',
      'takes all settings',
    ],
    ['no text to complete', ['complete', 'x.png'], 'E_OPERAND', 'a picture and a text'],
    ['no part to complete', ['complete', 'x.png', 'x'], 'E_REGION', 'got 0'],
    ['two ways to say a part', ['complete', 'x.png', 'x', '--keep', '0,0,1,1', '--mask', 'y.png'], 'E_REGION', 'got 2'],
    ['three numbers', ['complete', 'x.png', 'x', '--keep', '0,0,1'], 'E_FLAG_VALUE', 'four fractions'],
  ])('%s', (_, words, code, says) => expectFailure([...words, ...out()], { exitCode: 2, code, says }));

  test.each<[string, readonly string[], string]>([
    ['an empty part', ['--redraw', '0,0,0,1'], 'larger than nothing'],
    ['a part outside', ['--redraw', '0.5,0,0.6,1'], 'within 0 … 1'],
    ['nothing left to draw', ['--keep', '0,0,1,1'], 'nothing is left to draw'],
  ])('%s', (_, words, says) => {
    return expectFailure(['complete', photo, 'x', ...words, ...out()], { exitCode: 2, code: 'E_REGION', says });
  });

  test('a black mask', () => {
    const picture = decodePng(makePng(24, 32));
    picture.data.fill(0);
    const mask = place.write('black.png', encodePng(picture));
    const words = ['complete', photo, 'x', '--mask', mask, ...out()];
    return expectFailure(words, { exitCode: 2, code: 'E_REGION', says: 'nothing is left' });
  });

  test('other picture formats, screens, and files that would be lost', async () => {
    const named = { exitCode: 2, code: 'E_OUTPUT_NAME' };
    await expectFailure(['generate', 'x', '-o', 'x.jpg', '-m', model], { ...named, says: 'does not end in .png' });
    await expectFailure(['generate', 'x', '-o', '-', '-m', model], { ...named, says: 'is a screen' }, { isTTY: true });
    const { exitCode, stdout } = await runCaptured(['generate', 'x', '-o', '-', '--json']);
    expect([exitCode, JSON.parse(stdout.toString()).error.code]).toEqual([2, 'E_OUTPUT_NAME']);
    const clash = { exitCode: 2, code: 'E_OUTPUT_CLASH' };
    await expectFailure(['complete', photo, 'x', '--keep', '0,0,1,0.5', '-o', photo], clash);
    const drawn = place.path('drawn.png');
    await expectFailure(['generate', '--repeat', drawn, '-o', drawn], clash);
  });
});

describe('pictures that cannot be repeated: exit 1', () => {
  const repeat = (file: string, wanted: Omit<WantedFailure, 'exitCode'>): Promise<void> =>
    expectFailure(['generate', '--repeat', file, ...out()], { exitCode: 1, ...wanted });

  /** The drawn picture with another recipe. */
  function editRecipe(edit: (recipe: Record<string, unknown>) => unknown): string {
    const png = readFileSync(place.path('drawn.png'));
    const text = readPngText(png);
    const recipe = JSON.stringify(edit(JSON.parse(text['dalle-gl']!) as Record<string, unknown>));
    return place.write('edited.png', encodePng(decodePng(png), { ...text, 'dalle-gl': recipe }));
  }

  test('no file, no picture, no recipe', async () => {
    await repeat(place.path('nowhere.png'), { code: 'E_FILE_MISSING' });
    await repeat(place.write('text.png', 'no picture'), { code: 'E_RECIPE', says: 'no recipe is in it' });
    await repeat(photo, { code: 'E_RECIPE', says: 'no recipe is in it' });
    const half = place.write('half.png', readFileSync(place.path('drawn.png')).subarray(0, 300));
    await repeat(half, { code: 'E_IMAGE_CORRUPT' });
  });

  test.each<[string, (recipe: Record<string, unknown>) => unknown, string]>([
    ['by another command', (recipe) => ({ ...recipe, command: undefined }), 'made by another command'],
    ['by complete', (recipe) => ({ ...recipe, command: 'complete' }), 'does not hold the picture that was completed'],
    ['edited: no object', () => null, 'made by another command'],
    ['edited: no text', (recipe) => ({ ...recipe, text: 7 }), 'was edited'],
    ['edited: a text over the limit', (recipe) => ({ ...recipe, text: 'a'.repeat(70_000) }), 'text is too long'],
    [
      'edited: a text over what the model reads',
      (recipe) => ({ ...recipe, text: 'red '.repeat(99) }),
      'text is too long',
    ],
    ['edited: no weights', (recipe) => ({ ...recipe, weights: 'mine' }), 'was edited'],
    ['edited: unknown kernels', (recipe) => ({ ...recipe, kernels: { targets: 3, fetch: 'any' } }), 'was edited'],
    [
      'edited: a rewrite that there is not',
      (recipe) => ({ ...recipe, kernels: { targets: 4, fetch: 'texelFetch', block: 'strip', without: ['rm'] } }),
      'was edited',
    ],
    [
      'edited: another block',
      (recipe) => ({ ...recipe, kernels: { targets: 4, fetch: 'texelFetch', block: 'square', without: [] } }),
      'was edited',
    ],
    ['edited: temperature 0', (recipe) => ({ ...recipe, settings: { temperature: 0 } }), 'settings were edited'],
    ['edited: no settings', (recipe) => ({ ...recipe, settings: null }), 'settings were edited'],
  ])('%s', (_, edit, says) => repeat(editRecipe(edit), { code: 'E_RECIPE', says }));

  test('with other weights', async () => {
    const other = await makeTinyDalle(place.path('other'), 2);
    const words = ['generate', '--repeat', place.path('drawn.png'), '-o', place.path('x.png'), '-m', other];
    await expectFailure(words, { exitCode: 1, code: 'E_RECIPE', says: 'with another transformer than' });
  });

  test('a picture never chooses a model folder: it is named, and wanted as -m', async () => {
    const repeat = (file: string, says: string): Promise<void> =>
      expectFailure(['generate', '--repeat', file, '-o', place.path('x.png')], { exitCode: 1, code: 'E_RECIPE', says });
    await repeat(place.path('drawn.png'), `the model folder "${model}"`);
    await repeat(place.path('drawn.png'), 'with -m. (E_RECIPE)');
    const evil = 'x\u001b[2J\u202e\ndalle-gl: all is well';
    await repeat(
      editRecipe((recipe) => ({ ...recipe, model: evil })),
      '"x\\u001b[2J\\u202e\\ndalle-gl: all is well"',
    );
  });

  test.each<[string, (recipe: Record<string, unknown>) => unknown]>([
    ['nested settings', (recipe) => ({ ...recipe, settings: { temperature: nest(3000) } })],
    ['nested weights', (recipe) => ({ ...recipe, weights: { decoder: nest(3000) } })],
    ['hashes that are none', (recipe) => ({ ...recipe, weights: { decoder: ['x'.repeat(1000)] } })],
    ['a rewrite left out a thousand times', (recipe) => ({ ...recipe, kernels: { ...kernels, without: pack(1000) } })],
    ['a driver of 5000 letters', (recipe) => ({ ...recipe, device: 'x'.repeat(5000) })],
    ['a model of 5000 letters', (recipe) => ({ ...recipe, model: 'x'.repeat(5000) })],
    ['a recipe of a million letters', (recipe) => ({ ...recipe, text: 'x'.repeat(1e6) })],
  ])('bounded: %s', (_, edit) => repeat(editRecipe(edit), { code: 'E_RECIPE' }));

  test('JSON that is deeper than the stack', async () => {
    const png = readFileSync(place.path('drawn.png'));
    for (const key of ['settings', 'weights', 'kernels', 'text', 'more']) {
      const deep = `{"command":"generate","${key}":${'['.repeat(400_000)}${']'.repeat(400_000)}}`;
      place.write('deep.png', encodePng(decodePng(png), { 'dalle-gl': deep }));
      await repeat(place.path('deep.png'), { code: 'E_RECIPE' });
    }
  });
});

const kernels = { targets: 4, fetch: 'texelFetch', block: 'strip' };

function pack(times: number): string[] {
  return new Array<string>(times).fill('pack_conv2d');
}

function nest(depth: number): unknown {
  return depth === 0 ? 1 : [nest(depth - 1)];
}

describe('models and pictures: exit 1', () => {
  test('a model that has no transformer', async () => {
    const dvae = await makeSmallModel(place.path('dvae'), ['encoder', 'decoder']);
    const wanted = { exitCode: 1, code: 'E_PART_MISSING', says: 'needs a transformer' };
    for (const words of [
      ['generate', 'x'],
      ['complete', photo, 'x', '--keep', '0,0,1,0.5'],
      ['score', 'x', photo],
    ]) {
      await expectFailure([...words, '-m', dvae], wanted);
    }
  });

  test('pictures that are none', async () => {
    const broken = place.write('broken.png', 'no picture');
    const kind = { exitCode: 1, code: 'E_IMAGE_KIND' };
    await expectFailure(['complete', broken, 'x', '--keep', '0,0,1,0.5', ...out()], kind);
    await expectFailure(['complete', photo, 'x', '--mask', broken, ...out()], kind);
    await expectFailure(['score', 'x', broken, '-m', model], kind);
  });

  test('a disk that is full', () => {
    return expectFailure(['generate', 'x', '-n', '1', '-o', '/dev/full', '-m', model], {
      exitCode: 1,
      code: 'E_DISK_FULL',
    });
  });

  test('the tokens cannot be written: then no picture stays', async () => {
    const words = ['generate', 'x', '-n', '1', '-o', place.path('sole.png'), '-m', model];
    mkdirSync(place.path('sole.tokens.npy'));
    await expectFailure(words, { exitCode: 1, code: 'E_FILE_IS_DIRECTORY' });
  });
});

describe('interrupted: exit 130', () => {
  const wanted = { exitCode: 130, code: 'E_ABORTED' };

  test('before it begins', async () => {
    const signal = AbortSignal.abort();
    await expectFailure(['generate', 'x', ...out()], wanted, { signal });
    await expectFailure(['complete', photo, 'x', '--keep', '0,0,1,0.5', ...out()], wanted, { signal });
    await expectFailure(['score', 'x', photo, '-m', model], wanted, { signal });
  });

  test('midway', async () => {
    const controller = new AbortController();
    // The first preview is on the screen: half of the tokens are drawn.
    const { exitCode, stdout, stderr } = await runCaptured(['generate', 'red heart', '--seed', '1', ...out()], {
      isTTY: true,
      env: { TERM: 'xterm' },
      signal: controller.signal,
      onOutput: () => controller.abort(),
    });
    expect(stdout.toString()).toContain('▀');
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 130, stderr: expect.stringContaining('(E_ABORTED)') });
    expect(place.list().filter((name) => name.startsWith('none'))).toEqual([]);
  });
});
