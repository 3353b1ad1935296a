/** What a look over a data set finds, what it leaves, and when it refuses. */
import { describe, expect, test } from 'vitest';
import { decodeImage } from '../../images/node/decode.ts';
import { trainBpe } from '../../nets/tokenizer/train-bpe.ts';
import { makeFiles, makeSquares, type Contents } from '../../test/helpers/data-sets.ts';
import { readPictureFile } from '../../test/images/pictures.ts';
import { listDataSet, type DataSet } from './data-set.ts';
import { preflight, type Preflight, type PreflightWants } from './preflight.ts';

const list = (contents: Contents): Promise<DataSet> => listDataSet('the set', makeFiles(contents), decodeImage);
const squares = makeSquares(10, 16);
const png = squares['squares/0000.png'] as Uint8Array;
const jpeg = readPictureFile('progressive.jpg');
const webp = readPictureFile('lossy.webp');

async function find(
  contents: Contents,
  wants: Partial<PreflightWants> = {},
): Promise<Record<string, readonly string[]>> {
  const found: Preflight = await preflight(await list({ ...squares, ...contents }), { size: 16, ...wants });
  const { findings } = found;
  return Object.fromEntries(findings.map(({ kind, names }) => [kind, names]));
}

describe('pictures', () => {
  test('that are whole stay', async () => {
    const { usable, findings, looked, samples } = await preflight(
      await list({ ...squares, 'a.jpg': jpeg, 'b.webp': webp, 'c.png': jpeg }),
      { size: 16 },
    );
    expect([samples, findings, looked]).toEqual([13, [], { headers: 13, decoded: 13 }]);
    expect([...usable]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  test.each([
    ['text called .png', 'text.png', 'hello', 'not-a-picture'],
    ['nothing at all', 'no.png', '', 'broken'],
    ['a JPEG cut short', 'cut.jpg', jpeg.subarray(0, jpeg.length - 200), 'broken'],
    ['a JPEG cut in its header', 'cut.jpg', jpeg.subarray(0, 40), 'broken'],
    ['a PNG cut short', 'cut.png', png.subarray(0, png.length - 20), 'broken'],
    ['a WebP cut short', 'cut.webp', webp.subarray(0, webp.length - 20), 'broken'],
    ['one pixel', 'one.png', makeSquares(1, 1)['squares/0000.png']!, 'too-small'],
    ['15 pixels', 'one.png', makeSquares(1, 15)['squares/0000.png']!, 'too-small'],
    ['a header that announces far too much', 'large.webp', forgeWebp(16_383, 16_383), 'too-large'],
  ])('%s is told of, and left out', async (_, name, bytes, kind) => {
    expect(await find({ [name]: bytes }, { decodes: 1 })).toEqual({ [kind]: [name] });
    const { usable } = await preflight(await list({ ...squares, [name]: bytes }), { size: 16, decodes: 1 });
    expect(usable).toHaveLength(10);
  });

  test('that end oddly and are whole all the same are decoded, and stay', async () => {
    const followed = new Uint8Array(jpeg.length + 500);
    followed.set(jpeg);
    const { findings, looked } = await preflight(await list({ ...squares, 'odd.jpg': followed }), {
      size: 16,
      decodes: 1,
    });
    expect([findings, looked.decoded]).toEqual([[], 2]);
  });

  test('larger than the bytes first read are measured all the same', async () => {
    const segments = Array.from({ length: 2 }, () => {
      const segment = new Uint8Array(2 + 60_000);
      new DataView(segment.buffer).setUint32(0, 0xffed0000 + 60_000);
      return segment;
    });
    const large = Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)]);
    expect(await find({ 'large.jpg': large }, { decodes: 0, smallest: 47, batch: 1 })).not.toHaveProperty('broken');
    const work = find({ 'large.jpg': large }, { decodes: 0, smallest: 48, batch: 1 });
    await expect(work).rejects.toThrow(/11 pictures smaller than asked for/);
  });

  test('smaller ones stay where they may be enlarged', async () => {
    expect(await find({}, { size: 32, smallest: 16 })).toEqual({});
    await expect(find({}, { size: 32 })).rejects.toThrow(/10 pictures smaller than asked for/);
  });

  test('of very many, so many headers are read by chance', async () => {
    const { looked, usable } = await preflight(await list(makeSquares(40, 16)), { size: 16, headers: 10, decodes: 3 });
    expect([looked, usable.length]).toEqual([{ headers: 10, decoded: 3 }, 40]);
  });
});

describe('captions', () => {
  const words = 'word '.repeat(10_000);
  const tokenizer = trainBpe(
    Object.values(squares).filter((value) => typeof value === 'string'),
    { vocabularySize: 200 },
  );

  test('do not matter unless they are wanted', async () => {
    expect(await find({ 'a.png': png, 'squares/0001.txt': words })).toEqual({});
  });

  test('that are missing or too long leave their picture out', async () => {
    const contents = { ...squares, 'a.png': png, 'squares/0001.txt': words, 'squares/0002.txt': `${words}\nshort` };
    const wants = { size: 16, captions: true, tokenizer, textLength: 16 };
    const { findings, usable, captionsOf } = await preflight(await list(contents), wants);
    expect(findings.filter(({ isSkipped }) => isSkipped)).toMatchObject([
      { kind: 'no-caption', count: 1, names: ['a.png'] },
      { kind: 'too-long', count: 2, names: ['squares/0001.png', 'squares/0002.png'] },
    ]);
    expect([...usable]).toEqual([1, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(captionsOf(3)).toEqual(['short']);
    expect(captionsOf(4)).toEqual(['a yellow square top left on white']);
  });

  test('that are too long stay where they are cut', async () => {
    const wants = { captions: true, tokenizer, textLength: 16, truncate: true };
    expect(await find({ 'squares/0001.txt': words }, wants)).toMatchObject({ cut: ['squares/0001.png'] });
  });

  test('far beyond any caption are too long without a tokenizer', async () => {
    const endless = 'x'.repeat(70_000);
    expect(await find({ 'squares/0001.txt': endless }, { captions: true })).toMatchObject({
      'too-long': ['squares/0001.png'],
    });
  });

  test('with letters that the tokenizer does not know are told of, and stay', async () => {
    const contents = { 'squares/0001.txt': 'a red square top right on white 🙂', 'squares/0002.txt': 'A RED SQUARE' };
    const found = await find(contents, { captions: true, tokenizer, textLength: 64 });
    expect(found['unknown']).toEqual(['squares/0001.png']);
  });

  test('that say left or right are told of', async () => {
    const texts = ['left', 'on the right', 'the leftmost', 'leftover soup', 'bright', 'A Right-Hand door'];
    const contents = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`squares/000${i}.txt`, texts[i] ?? 'a']));
    expect((await find(contents, { captions: true }))['sides']).toEqual([0, 1, 2, 5].map((i) => `squares/000${i}.png`));
  });
});

describe('is refused', () => {
  test('a set without captions where they are wanted', async () => {
    const data = await list({ 'a/b.png': png });
    await expect(preflight(data, { size: 16, captions: true })).rejects.toMatchObject({
      code: 'E_DATA_CAPTIONS',
      message: expect.stringContaining('a/b.txt'),
    });
  });

  test('a set of two files', async () => {
    const data = await list({ 'a.png': png, 'b.png': 'text' });
    await expect(preflight(data, { size: 16 })).rejects.toMatchObject({
      code: 'E_DATA_FEW',
      message: expect.stringMatching(/at least 8 .* has 2, of which 1 can be used\. Found: 1 file neither .*b\.png\./),
    });
    expect((await preflight(data, { size: 16, batch: 1 })).usable).toHaveLength(1);
  });

  test.each([{ size: 0 }, { size: 16, batch: 1.5 }, { size: 16, headers: 0 }, { size: 16, textLength: NaN }])(
    'a wish like %j',
    async (wants) => {
      await expect(preflight(await list(squares), wants)).rejects.toMatchObject({ code: 'E_ARGUMENT' });
    },
  );

  test('to go on after an abort', async () => {
    const work = preflight(await list(squares), { size: 16, signal: AbortSignal.abort() });
    await expect(work).rejects.toMatchObject({ code: 'E_ABORTED' });
  });
});

test('progress is told', async () => {
  const told: number[] = [];
  await preflight(await list(squares), { size: 16, onProgress: (done, total) => told.push(done / total) });
  expect(told).toHaveLength(10);
  expect(told.at(-1)).toBe(1);
});

/** A lossless WebP with nothing in it but a header of that size. */
function forgeWebp(width: number, height: number): Uint8Array {
  const file = new Uint8Array(30);
  file.set(Buffer.from('RIFF\x16\0\0\0WEBPVP8L\x0a\0\0\0\x2f', 'latin1'));
  new DataView(file.buffer).setUint32(21, width - 1 + (height - 1) * 2 ** 14, true);
  return file;
}
