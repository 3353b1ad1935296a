/**
 * generate with several texts, typed or from a file: names, reports, bad ones among them, and what is refused before.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, test } from 'vitest';
import { readPngText } from '../images/png-text.ts';
import { runCaptured, type CapturedOptions, type CapturedRun } from '../test/helpers/captured-terminal.ts';
import { expectFailure } from '../test/helpers/expect-failure.ts';
import { makeTinyDalle } from '../test/helpers/tiny-dalle.ts';
import { makeWorkplace, type Workplace } from '../test/helpers/workplace.ts';
import { nameTexts } from './name-texts.ts';

let models: Workplace;
let model: string;
let place: Workplace;
const home = process.cwd();

beforeAll(async () => {
  models = makeWorkplace();
  model = await makeTinyDalle(models.path('model'));
});
afterAll(() => models.remove());
beforeEach(() => {
  place = makeWorkplace();
  process.chdir(place.folder);
});
afterEach(() => {
  process.chdir(home);
  place.remove();
});

const run = (words: readonly string[], options?: CapturedOptions): Promise<CapturedRun> =>
  runCaptured(['generate', ...words, '-n', '2', '--seed', '7', '-m', model], options);

function textsOf(...names: string[]): unknown[] {
  return names.map((name) => JSON.parse(readPngText(readFileSync(place.path(name)))['dalle-gl']!).text);
}

const tooLong = 'red '.repeat(20);

describe('several texts', () => {
  test('each has a grid called after text and seed, and the model is opened once', async () => {
    const { exitCode, stdout, stderr } = await run(['red heart', 'Blue  butterfly!']);
    expect({ exitCode, stdout: stdout.toString() }).toEqual({ exitCode: 0, stdout: '' });
    expect(place.list()).toEqual([
      'blue-butterfly-7.png',
      'blue-butterfly-7.tokens.npy',
      'red-heart-7.png',
      'red-heart-7.tokens.npy',
    ]);
    expect(textsOf('red-heart-7.png', 'blue-butterfly-7.png')).toEqual(['red heart', 'Blue  butterfly!']);
    expect(stderr.match(/^model /gm)).toHaveLength(1);
    expect(stderr).toMatch(
      /^"red heart" → red-heart-7\.png: 2 × .+\n"Blue {2}butterfly!" → blue-butterfly-7\.png: 2 × /m,
    );
  });

  test('they are what each text alone would have been, and lie in the folder of -o', async () => {
    expect((await run(['red heart', 'blue', '-o', 'out'])).exitCode).toBe(0);
    expect((await run(['blue', '-o', 'alone.png'])).exitCode).toBe(0);
    expect(place.list()).toContain('out/red-heart-7.tokens.npy');
    expect(readFileSync('out/blue-7.png')).toEqual(readFileSync('alone.png'));
    expect(readFileSync('out/blue-7.tokens.npy')).toEqual(readFileSync('alone.tokens.npy'));
  });

  test('--json is one object of them all; of one text it is as ever', async () => {
    const { stdout, stderr } = await run(['red heart', 'blue', '--json', '--quiet']);
    expect(stderr).toBe('');
    const { results } = JSON.parse(stdout.toString());
    expect(results).toMatchObject([
      { text: 'red heart', output: 'red-heart-7.png', settings: { seed: 7, count: 2 }, model },
      { text: 'blue', output: 'blue-7.png', settings: { seed: 7, count: 2 } },
    ]);
    const one = await run(['red heart', '--json']);
    expect(JSON.parse(one.stdout.toString())).toEqual({
      ...results[0],
      seconds: expect.anything(),
      tokensPerSecond: expect.any(Number),
    });
  });

  test('a random seed is one for all of them', async () => {
    const { stdout } = await runCaptured(['generate', 'a', 'b', '-n', '1', '--json', '-m', model]);
    const { results } = JSON.parse(stdout.toString());
    expect(results[0].settings.seed).toBe(results[1].settings.seed);
    expect(place.list()).toContain(`b-${results[0].settings.seed}.png`);
  });

  test('one that is too long is told before the first is drawn; the others are drawn; the exit code says so', async () => {
    const { exitCode, stdout, stderr } = await run(['red heart', tooLong, 'blue', '--json']);
    expect(exitCode).toBe(2);
    const { results } = JSON.parse(stdout.toString());
    expect(results[1]).toMatchObject({ text: tooLong, error: { code: 'E_TEXT_TOO_LONG' } });
    expect(textsOf('red-heart-7.png', 'blue-7.png')).toEqual(['red heart', 'blue']);
    expect(stderr).toMatch(/^dalle-gl: text 2 of 3: .+ \(E_TEXT_TOO_LONG\)\n"red heart" → /m);
    expect(place.list()).toHaveLength(4);
  });

  test('all of them too long: nothing is drawn', async () => {
    const words = ['generate', tooLong, `blue ${tooLong}`, '--seed', '7', '-m', model];
    await expectFailure(place, words, { exitCode: 2, code: 'E_TEXT_TOO_LONG', says: 'text 2 of 2' });
    expect((await run([tooLong, 'blue', '--truncate'])).exitCode).toBe(0);
  });

  test('Ctrl-C after the first: it stays, and the second leaves nothing', async () => {
    const controller = new AbortController();
    const stopAtSecond = (): void =>
      void (place.list().some((name) => name.startsWith('red-heart')) && controller.abort());
    const screen = { isTTY: true, env: { TERM: 'xterm' }, signal: controller.signal, onOutput: stopAtSecond };
    const { exitCode, stderr } = await run(['red heart', 'blue'], screen);
    expect(exitCode).toBe(130);
    expect(stderr).toContain('(E_ABORTED)');
    expect(place.list()).toEqual(['red-heart-7.png', 'red-heart-7.tokens.npy']);
  });

  test('each has its own preview and progress', async () => {
    const { stdout, stderr } = await run(['red heart', 'blue'], { isTTY: true, rows: 10, env: { TERM: 'xterm' } });
    // Two pictures that grow once each: drawn over what was there before twice, not thrice.
    expect(stdout.toString().match(/\x1b\[\d+A/g)).toHaveLength(2);
    expect(stderr).toContain('draw 2 of 2: ');
  });

  test.each([
    ['-o file.png', ['a', 'b', '-o', 'x.png'], 'the pictures of 2 texts do not fit into the one file x.png'],
    ['-o -', ['a', 'b', '-o', '-'], 'do not fit into standard output'],
    ['-o /dev/null', ['a', 'b', '-o', '/dev/null'], 'do not fit into the one file /dev/null'],
  ])('%s is refused', async (_, words, says) => {
    await expectFailure(place, ['generate', ...words], { exitCode: 2, code: 'E_OUTPUT_NAME', says });
  });
});

describe('--prompts', () => {
  test.each([
    ['plain', 'red heart\nblue\n', ['red-heart-7.png', 'blue-7.png']],
    [
      'of Windows, with a byte order mark, blank lines, no end',
      '\ufeffred heart\r\n\r\n \t\r\nblue',
      ['red-heart-7.png', 'blue-7.png'],
    ],
    ['of an old Mac', 'red heart\rblue\r', ['red-heart-7.png', 'blue-7.png']],
    ['of the same text thrice', 'blue\nblue\nBLUE', ['blue-7.png', 'blue-7-2.png', 'blue-7-3.png']],
  ])('a file %s', async (_, text, names) => {
    place.write('texts.txt', text);
    expect((await run(['--prompts', 'texts.txt'])).exitCode).toBe(0);
    expect(
      place
        .list()
        .filter((name) => name.endsWith('.png'))
        .sort(),
    ).toEqual([...names].sort());
    expect(textsOf(names[0]!)[0]).toMatch(/^(red heart|blue)$/);
  });

  test('behind the texts that were typed, from standard input', async () => {
    const { exitCode, stdout } = await run(['red', '--prompts', '-', '-o', 'out/', '--json'], {
      stdin: 'blue\ngreen\n',
    });
    expect(exitCode).toBe(0);
    const { results } = JSON.parse(stdout.toString());
    expect(results.map(({ output }: { output: string }) => output)).toEqual([
      'out/red-7.png',
      'out/blue-7.png',
      'out/green-7.png',
    ]);
  });

  test('a file of one text is that text', async () => {
    place.write('texts.txt', '\nred heart\n');
    expect((await run(['--prompts', 'texts.txt', '-o', 'one.png'])).exitCode).toBe(0);
    expect(textsOf('one.png')).toEqual(['red heart']);
  });

  test.each<[string, string | Uint8Array, string, string]>([
    ['empty', '', 'E_PROMPTS', 'no line of it holds a text'],
    ['of blank lines', ' \n\r\n\ufeff\n', 'E_PROMPTS', 'no line of it holds a text'],
    ['not UTF-8', Uint8Array.of(0x72, 0xe9, 0x0a), 'E_PROMPTS', 'it is not UTF-8'],
    ['UTF-16 with its mark', Buffer.from('\ufeffred', 'utf16le'), 'E_PROMPTS', 'it is not UTF-8'],
    ['UTF-16 without', Buffer.from('red', 'utf16le'), 'E_PROMPTS', 'not as UTF-16'],
    ['of too many lines', 'a\n'.repeat(10_001), 'E_PROMPTS', 'it has 10001 of them'],
    ['too large', 'a'.repeat(1_000_001), 'E_FILE_TOO_LARGE', 'texts.txt'],
  ])('%s is refused', async (_, text, code, says) => {
    place.write('texts.txt', text);
    await expectFailure(place, ['generate', '--prompts', 'texts.txt', '-m', model], { exitCode: 1, code, says });
  });

  test('no file, a folder, the keyboard, beside --repeat, and no text at all', async () => {
    const missing = { exitCode: 1, code: 'E_FILE_MISSING', says: 'none.txt' };
    await expectFailure(place, ['generate', 'x', '--prompts', 'none.txt'], missing);
    await expectFailure(place, ['generate', '--prompts', '.'], { exitCode: 1, code: 'E_FILE_IS_DIRECTORY' });
    const repeated = { exitCode: 2, code: 'E_FLAG_VALUE', says: '--repeat takes all settings' };
    await expectFailure(place, ['generate', '--repeat', 'x.png', '--prompts', 'y.txt'], repeated);
    await expectFailure(place, ['generate'], { exitCode: 2, code: 'E_OPERAND', says: '--prompts with a file' });
  });

  test('is an input, which no picture replaces', async () => {
    place.write('blue-7.png', 'blue\n');
    const words = ['generate', '--prompts', 'blue-7.png', '--seed', '7', '-m', model];
    await expectFailure(place, words, { exitCode: 2, code: 'E_OUTPUT_CLASH' });
  });
});

describe('names', () => {
  test.each([
    [['a', 'a', 'A!'], 7, ['a-7.png', 'a-7-2.png', 'a-7-3.png']],
    // The second of "a" is called as the first of "a-2" would be.
    [['a', 'a', 'a 2'], 2, ['a-2.png', 'a-2-2.png', 'a-2-2-2.png']],
    [['a 2', 'a', 'a'], 2, ['a-2-2.png', 'a-2.png', 'a-2-3.png']],
    [['', ' ', '../../etc', '❤️'], 0, ['picture-0.png', 'picture-0-2.png', 'etc-0.png', 'picture-0-3.png']],
    // One letter in one and in two characters, and letters of two halves each.
    [
      ['Caf\u00e9', 'cafe\u0301', '\u{1d4d0}'.repeat(50)],
      1,
      ['café-1.png', 'café-1-2.png', `${'\u{1d4d0}'.repeat(40)}-1.png`],
    ],
  ])('%j', (texts, seed, names) => expect(nameTexts(texts, seed)).toEqual(names));
});
