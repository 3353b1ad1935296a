/** Which pictures and captions are found among the files of a folder, and what is told of the rest. */
import { expect, test, describe } from 'vitest';
import { makeFiles, makeSquares, type Contents } from '../../test/helpers/data-sets.ts';
import { listDataSet, type DataSet } from './data-set.ts';

const list = (contents: Contents): Promise<DataSet> =>
  listDataSet('the set', makeFiles(contents), () => Promise.reject(new Error('nothing is decoded to be listed')));

const captionsOf = ({ samples }: DataSet): Record<string, readonly string[]> =>
  Object.fromEntries(samples.map(({ id, captions }) => [id, captions]));

const kindsOf = ({ findings }: DataSet): Record<string, readonly string[]> =>
  Object.fromEntries(findings.map(({ kind, names }) => [kind, names]));

describe('captions', () => {
  test('a line each of the .txt beside a picture', async () => {
    const data = await list({ 'b/my.cat.png': 'x', 'b/my.cat.txt': '\ufeffone\r\n\n  two  \n', 'a.JPG': 'x' });
    expect(captionsOf(data)).toEqual({ 'a.JPG': [], 'b/my.cat.png': ['one', 'two'] });
    expect(data.samples.map(({ index }) => index)).toEqual([0, 1]);
    expect(data.findings).toEqual([]);
  });

  test('caption or captions of each line of captions.jsonl, which go before the .txt', async () => {
    const lines = [
      '{"file":"a.png","caption":"a\\nlong   one"}',
      '',
      '{"file":"./sub/../b.png","captions":["x","y"]}',
      '{"file":"a.png","caption":"again"}',
    ];
    const data = await list({
      ...{ 'in/captions.jsonl': lines.join('\n'), 'in/a.png': 'x', 'in/a.txt': 'no', 'in/b.png': 'x' },
      ...{ 'in/c.png': 'x', 'in/c.txt': 'beside' },
    });
    expect(captionsOf(data)).toEqual({
      'in/a.png': ['a long one', 'again'],
      'in/b.png': ['x', 'y'],
      'in/c.png': ['beside'],
    });
    expect(data.findings).toEqual([]);
  });

  test('of a .json, as img2dataset writes it into folders', async () => {
    const data = await list({
      'a.webp': 'x',
      'a.json': '{"caption":"from json","url":"u"}',
      'b.jpeg': 'x',
      'b.json': '{}',
    });
    expect(captionsOf(data)).toEqual({ 'a.webp': ['from json'], 'b.jpeg': [] });
  });

  test('of names that macOS writes in another form', async () => {
    const data = await list({ 'caf\u00e9.png': 'x', 'captions.jsonl': '{"file":"cafe\u0301.png","caption":"coffee"}' });
    expect(Object.values(captionsOf(data))).toEqual([['coffee']]);
  });

  test('lines of captions.jsonl across the blocks in which it is read', async () => {
    const long = 'x'.repeat(700_000);
    const lines = ['a', 'b', 'c'].map((name) => JSON.stringify({ file: `${name}.png`, caption: `${name}${long}` }));
    const data = await list({ 'a.png': '', 'b.png': '', 'c.png': '', 'captions.jsonl': lines.join('\n') });
    expect(Object.values(captionsOf(data)).map(([text]) => text!.length)).toEqual([700_001, 700_001, 700_001]);
  });
});

describe('what is left out is counted and named', () => {
  test('lines of captions.jsonl', async () => {
    const lines = [
      'no json',
      '[]',
      '{"file":"a.png"}',
      '{"file":"a.png","caption":7}',
      '{"file":7,"caption":"x"}',
      '{"file":"../secret.png","caption":"x"}',
      '{"file":"/etc/passwd","caption":"x"}',
      '{"file":"C:\\\\a.png","caption":"x"}',
      '{"file":"gone.png","caption":"x"}',
      '['.repeat(5000),
      `{"file":"a.png","caption":"${'y'.repeat(2_500_000)}"}`,
      '{"file":"a.png","caption":"good"}',
    ];
    const data = await list({ 'a.png': 'x', 'captions.jsonl': lines.join('\n') });
    expect(captionsOf(data)).toEqual({ 'a.png': ['good'] });
    const bad = data.findings.find(({ kind }) => kind === 'bad-line')!;
    expect(bad.count).toBe(7);
    expect(bad.names).toEqual([1, 2, 3, 4, 5].map((line) => `captions.jsonl:${line}`));
    expect(bad.says).toMatch(/^7 lines of captions.jsonl not of the form .*, left out: .*, and 2 more$/);
    expect(kindsOf(data)).toMatchObject({
      outside: ['captions.jsonl:6', 'captions.jsonl:7', 'captions.jsonl:8'],
      'not-there': ['captions.jsonl:9 (gone.png)'],
    });
  });

  test('captions without pictures, captions that are no text, pictures of other kinds', async () => {
    const data = await list({
      ...{
        'a.png': 'x',
        'a.txt': Uint8Array.of(0xff, 0xfe, 0x41, 0),
        'b.txt': 'alone',
        'c.gif': 'x',
        'README.md': '#',
      },
      ...{ 'd.png': 'x', 'd.txt': 'y'.repeat(1_000_001) },
    });
    expect(kindsOf(data)).toEqual({
      ...{ 'other-kind': ['c.gif'], 'caption-alone': ['b.txt'], 'bad-captions': ['a.txt', 'd.txt'] },
    });
    expect(captionsOf(data)).toEqual({ 'a.png': [], 'd.png': [] });
  });

  test('a name that would write to the terminal', async () => {
    const data = await list({ 'a.png': 'x', '\u001b[31m\u202ex.gif': 'x' });
    expect(kindsOf(data)).toEqual({ 'other-kind': ['?[31m?x.gif'] });
  });
});

describe('the order and the fingerprint', () => {
  test('are those of the paths, whatever order the files come in', async () => {
    const contents = makeSquares(12, 8);
    const data = await list(contents);
    const turned = await list(Object.fromEntries(Object.entries(contents).reverse()));
    expect(turned.samples.map(({ id }) => id)).toEqual(data.samples.map(({ id }) => id));
    expect(turned.fingerprint).toBe(data.fingerprint);
    const { fingerprint } = await list({ ...contents, 'squares/0003.txt': 'another caption' });
    expect(fingerprint).not.toBe(data.fingerprint);
  });

  test('are the same for captions.jsonl', async () => {
    const [folder, table] = await Promise.all([list(makeSquares(6, 8)), list(makeSquares(6, 8, 'jsonl'))]);
    expect(table.fingerprint).toBe(folder.fingerprint);
    expect(table.samples[5]).toMatchObject({ index: 5, captions: ['a green square top right on white'] });
  });
});

test.each<[string, Contents, RegExp]>([
  ['nothing', {}, /there is nothing in it/],
  ['no picture', { 'a.txt': 'x', 'b.pdf': 'x' }, /no picture among its 2 files \(a.txt, b.pdf\)/],
  ['pictures of other kinds', { 'a.gif': 'x' }, /Found: 1 picture of a kind not read here .*: a.gif/],
])('a set with %s is refused', async (_, contents, says) => {
  await expect(list(contents)).rejects.toMatchObject({ code: 'E_DATA_EMPTY', message: expect.stringMatching(says) });
});
