/** Data sets on disk: folders with links, and folders that are none. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { drawSquare, makeSquares, writeFiles } from '../../../test/helpers/data-sets.ts';
import { makeTar } from '../../../test/helpers/tar-file.ts';
import { readPictureFile } from '../../../test/images/pictures.ts';
import { makeWorkplace, type Workplace } from '../../../test/helpers/workplace.ts';
import { trainBpe } from '../../../nets/tokenizer/train-bpe.ts';
import { Batches } from '../../data/batches.ts';
import { paperCrops } from '../../data/crop.ts';
import { preflight } from '../../data/preflight.ts';
import { openDataSet } from './open-data-set.ts';

let place: Workplace;
beforeEach(() => {
  place = makeWorkplace();
});
afterEach(() => place.remove());

test('a folder becomes batches', async () => {
  const data = await openDataSet(writeFiles(place.folder, makeSquares(12, 16)));
  expect(data.samples[3]).toMatchObject({ id: 'squares/0003.png', captions: ['a yellow square top left on white'] });
  const { usable, findings } = await preflight(data, { size: 16, captions: true });
  expect(findings).toMatchObject([{ kind: 'sides', count: 12 }]);
  const batches = new Batches(data, { seed: 1, batch: 8, size: 16, samples: usable });
  const { pixels } = await batches.batchAt(0);
  expect(pixels).toHaveLength(8 * 3 * 16 * 16);
});

test('captions.jsonl may be named itself', async () => {
  writeFiles(place.folder, makeSquares(3, 8, 'jsonl'));
  const { samples } = await openDataSet(place.path('captions.jsonl'));
  expect(samples.map(({ captions }) => captions.length)).toEqual([1, 1, 1]);
});

test('a shard may be named itself, or its folder', async () => {
  place.write('a.tar', makeTar(makeSquares(3, 8)));
  const [one, all] = await Promise.all([openDataSet(place.path('a.tar')), openDataSet(place.folder)]);
  expect(one.samples[2]).toMatchObject({ id: 'a.tar/squares/0002.png', captions: ['a blue square top left on white'] });
  expect(all.fingerprint).toBe(one.fingerprint);
  expect(await one.readPicture(one.samples[2]!)).toEqual(drawSquare(2, 8).picture);
  expect(place.list()).toEqual(['a.tar']);
});

test('links are followed, in circles too, and what is hidden is passed over', async () => {
  writeFiles(place.folder, { ...makeSquares(2, 8), '.hidden/a.png': 'x', '._a.png': 'x', '__MACOSX/b.png': 'x' });
  symlinkSync(place.folder, place.path('squares', 'round'));
  symlinkSync(place.path('squares', '0000.png'), place.path('link.png'));
  symlinkSync(place.path('gone.png'), place.path('nowhere.png'));
  const { samples } = await openDataSet(place.folder);
  expect(samples.map(({ id }) => id)).toEqual(['link.png', 'squares/0000.png', 'squares/0001.png']);
});

test('a file that goes away is a picture that fails', async () => {
  const data = await openDataSet(writeFiles(place.folder, makeSquares(9, 8)));
  writeFileSync(data.samples[2]!.id.replace(/^/, `${place.folder}/`), '');
  const batches = new Batches(data, { seed: 1, batch: 9, size: 8 });
  expect((await batches.batchAt(0)).places).toHaveLength(9);
  expect(batches.findings).toMatchObject([{ kind: 'not-read', names: ['squares/0002.png'] }]);
});

test('everything that may be wrong at once is told of, and no step fails', async () => {
  const [jpeg, webp] = [readPictureFile('progressive.jpg'), readPictureFile('lossy.webp')];
  const onePixel = makeSquares(1, 1)['squares/0000.png']!;
  writeFiles(place.folder, {
    ...makeSquares(12, 16),
    ...{ 'whole.jpg': jpeg, 'whole.txt': 'a rocket', 'whole.webp': webp },
    ...{ 'cut.jpg': jpeg.subarray(0, -300), 'cut.txt': 'half a rocket', 'text.png': 'hello', 'text.txt': 'hello' },
    ...{ 'one.png': onePixel, 'one.txt': 'a pixel', 'squares/0001.txt': 'word '.repeat(10_000), 'no.png': onePixel },
    'many.tar': makeTar({ 'bomb.png': 'x', 'bomb.txt': 'a bomb' }, { 'bomb.txt': { size: '77777777777\0' } }),
    'bomb.tgz': gzipSync(makeTar({ 'zeros.png': Buffer.alloc(3_000_000), 'zeros.txt': 'nothing' })),
  });
  const data = await openDataSet(place.folder);
  const tokenizer = trainBpe(['a red square top left on white rocket'], { vocabularySize: 100 });
  const wants = { size: 16, captions: true, tokenizer, textLength: 40 };
  const { usable, findings } = await preflight(data, wants);
  const found = Object.fromEntries(findings.map(({ kind, names }) => [kind, names]));
  expect(found).toMatchObject({
    'bad-shard': ['many.tar (it ends within bomb.txt)'],
    'not-a-picture': ['text.png', 'bomb.tgz/zeros.png'],
    broken: ['cut.jpg'],
    'too-small': ['one.png'],
    'no-caption': ['no.png', 'many.tar/bomb.png'],
    'too-long': ['squares/0001.png'],
  });
  // whole.txt is for both whole.jpg and whole.webp.
  expect(usable).toHaveLength(13);
  for (const samples of [usable, data.samples.map(({ index }) => index)]) {
    const batches = new Batches(data, { seed: 1, batch: 8, size: 16, samples, crop: paperCrops.dvae, flip: true });
    for (let step = 0; step < 6; step++) expect((await batches.batchAt(step)).places).toHaveLength(8);
    expect(batches.findings.length).toBe(samples === usable ? 0 : 3);
  }
});

test('an abort ends the listing', async () => {
  writeFiles(place.folder, makeSquares(3, 8));
  const work = openDataSet(place.folder, { signal: AbortSignal.abort() });
  await expect(work).rejects.toMatchObject({ code: 'E_ABORTED' });
});

test.each([
  ['nothing there', 'gone', 'E_FILE_MISSING'],
  ['an empty folder', 'empty', 'E_DATA_EMPTY'],
  ['a single picture', 'a.png', 'E_DATA_KIND'],
])('%s is refused', async (_, name, code) => {
  mkdirSync(place.path('empty'));
  place.write('a.png', 'x');
  await expect(openDataSet(join(place.folder, name))).rejects.toMatchObject({ code });
});
