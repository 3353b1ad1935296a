/** Batches as functions of (seed, step), and what becomes of pictures that fail. */
import { describe, expect, test } from 'vitest';
import { decodeImage } from '../../images/node/decode.ts';
import { toPixels } from '../../images/tensor.ts';
import { drawSquare, makeFiles, makeSquares, type Contents } from '../../test/helpers/data-sets.ts';
import { Batches, type Batch, type BatchOptions, type Place } from './batches.ts';
import { paperCrops } from './crop.ts';
import { listDataSet, type DataSet } from './data-set.ts';
import { splitSamples } from './split.ts';

const list = (contents: Contents): Promise<DataSet> => listDataSet('the set', makeFiles(contents), decodeImage);
const options: BatchOptions = { seed: 1, batch: 4, size: 16 };

describe('the order', () => {
  test('shows each sample once an epoch, and goes on within a batch', async () => {
    const batches = new Batches(await list(makeSquares(10, 16)), options);
    const places = Array.from({ length: 5 }, (_, step) => batches.placesAt(step)).flat();
    expect(places.map(({ epoch }) => epoch)).toEqual([...Array(10).fill(0), ...Array(10).fill(1)]);
    for (const epoch of [0, 1]) {
      const seen = places.filter((place) => place.epoch === epoch).map(({ index }) => index);
      expect(seen.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
  });

  test('is that of the chosen samples, by their index in the whole set', async () => {
    const batches = new Batches(await list(makeSquares(10, 16)), { ...options, samples: [2, 5, 7] });
    expect(batches.epochLength).toBe(3);
    expect(new Set(batches.placesAt(0).map(({ index }) => index))).toEqual(new Set([2, 5, 7]));
  });

  test('draws a caption for each epoch', async () => {
    const data = await list({ ...makeSquares(1, 16), 'squares/0000.txt': 'one\ntwo\nthree' });
    const batches = new Batches(data, { ...options, batch: 60 });
    const captions = batches.placesAt(0).map(({ caption }) => caption);
    expect(new Set(captions)).toEqual(new Set(['one', 'two', 'three']));
    const few = new Batches(data, { ...options, batch: 60, captionsOf: () => ['two'] });
    expect(new Set(few.placesAt(0).map(({ caption }) => caption))).toEqual(new Set(['two']));
    expect(new Batches(await list({ 'a.png': 'x' }), options).placesAt(0)[0]!.caption).toBeUndefined();
  });
});

describe('the pixels', () => {
  test('are those of the pictures, [B, 3, S, S] in 0…1', async () => {
    const batches = new Batches(await list(makeSquares(8, 16)), options);
    const { pixels, places } = await batches.batchAt(0);
    expect(places).toEqual(batches.placesAt(0));
    const wanted = places.map(({ index }) => [...toPixels(drawSquare(index, 16).picture)]);
    expect([...pixels]).toEqual(wanted.flat());
  });

  test('are the same whatever was read before, and whatever is kept', async () => {
    // Some so large that they are reduced before they are cropped.
    const large = makeSquares(5, 120);
    const data = await list({ ...makeSquares(20, 40), ...large });
    const random = { ...options, crop: paperCrops.dvae, flip: true };
    const inOrder = new Batches(data, random);
    const seen: Batch[] = [];
    for (let step = 0; step < 12; step++) seen.push(await inOrder.batchAt(step));
    const anew = new Batches(data, { ...random, keptBytes: 0 });
    for (const step of [11, 3, 4, 0]) expect(await anew.batchAt(step)).toEqual(seen[step]);
    expect(await new Batches(data, { ...random, seed: 2 }).batchAt(3)).not.toEqual(seen[3]);
  });

  test('are never mirrored where the caption says left or right', async () => {
    const texts = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`squares/000${i}.txt`, 'a square']));
    const [sided, plain] = await Promise.all([list(makeSquares(8, 16)), list({ ...makeSquares(8, 16), ...texts })]);
    const flipped = { ...options, batch: 8, flip: true };
    const unflipped = await new Batches(sided, { ...options, batch: 8 }).batchAt(0);
    expect((await new Batches(sided, flipped).batchAt(0)).pixels).toEqual(unflipped.pixels);
    expect((await new Batches(plain, flipped).batchAt(0)).pixels).not.toEqual(unflipped.pixels);
  });
});

describe('a picture that fails after all', () => {
  const squares = makeSquares(10, 16);
  const png = squares['squares/0004.png'] as Uint8Array;
  const spoiled = { ...squares, 'squares/0004.png': png.subarray(0, png.length - 20), 'squares/0007.png': 'text' };

  test('is counted once, and always has the same stand-in', async () => {
    const data = await list(spoiled);
    const [first, second] = [new Batches(data, options), new Batches(data, options)];
    const seen: (readonly Place[])[] = [];
    for (let step = 0; step < 10; step++) seen.push((await first.batchAt(step)).places);
    for (const step of [9, 2, 5]) expect((await second.batchAt(step)).places).toEqual(seen[step]);
    expect(seen.flat().every(({ index }) => index !== 4 && index !== 7)).toBe(true);
    expect(first.findings).toMatchObject([
      { kind: 'not-a-picture', count: 1, names: ['squares/0007.png'] },
      { kind: 'broken', count: 1, names: ['squares/0004.png'] },
    ]);
  });

  test('a picture too small is one too, unless it may be enlarged', async () => {
    const data = await list({ ...makeSquares(6, 16), 'a.png': makeSquares(1, 1)['squares/0000.png']! });
    const strict = new Batches(data, { ...options, batch: 14 });
    await strict.batchAt(0);
    expect(strict.findings).toMatchObject([{ kind: 'too-small', names: ['a.png'] }]);
    const lenient = new Batches(data, { ...options, batch: 14, smallest: 1 });
    await lenient.batchAt(0);
    expect(lenient.findings).toEqual([]);
  });

  test('where none can be read, says what was found', async () => {
    const data = await list({ 'a.png': 'x', 'b.png': 'y' });
    const work = new Batches(data, options).batchAt(0);
    const says = /2 files neither PNG, JPEG nor WebP.*: (a\.png, b\.png|b\.png, a\.png)\./;
    await expect(work).rejects.toMatchObject({ code: 'E_DATA_BROKEN', message: expect.stringMatching(says) });
  });

  test('what is no failure of a picture is thrown on', async () => {
    const data = await listDataSet('the set', makeFiles(squares), () => Promise.reject(new TypeError('a bug')));
    await expect(new Batches(data, options).batchAt(0)).rejects.toThrow('a bug');
  });
});

test('an abort ends the wait', async () => {
  const data = await listDataSet('the set', makeFiles(makeSquares(8, 16)), () => new Promise(() => {}));
  const stop = new AbortController();
  const work = new Batches(data, options).batchAt(0, stop.signal);
  stop.abort();
  await expect(work).rejects.toMatchObject({ code: 'E_ABORTED' });
});

test('options that are none are refused', async () => {
  const data = await list(makeSquares(2, 8));
  for (const wrong of [
    { seed: -1 },
    { seed: 2 ** 32 },
    { batch: 0 },
    { size: 1.5 },
    { samples: [2] },
    { samples: [] },
    { crop: { least: 0, within: [0, 1] } },
    { crop: { least: 1, within: [1, 0] } },
  ] as const) {
    expect(() => new Batches(data, { ...options, ...wrong } as BatchOptions)).toThrow(
      expect.objectContaining({ code: 'E_ARGUMENT' }),
    );
  }
  await expect(new Batches(data, options).batchAt(-1)).rejects.toMatchObject({ code: 'E_ARGUMENT' });
});

describe('splitSamples', () => {
  test('parts the samples by seed and id, and others do not matter', async () => {
    const contents = Object.fromEntries(
      Array.from({ length: 1000 }, (_, i) => [`${String(i).padStart(4, '0')}.png`, 'x']),
    );
    const data = await list(contents);
    const { training, validation } = splitSamples(
      data,
      data.samples.map(({ index }) => index),
      { seed: 3, share: 0.1 },
    );
    expect([...training, ...validation].sort((a, b) => a - b)).toEqual(data.samples.map(({ index }) => index));
    expect(validation.length).toBeGreaterThan(60);
    expect(validation.length).toBeLessThan(140);
    const more = await list({ ...contents, '0000a.png': 'x', 'zzz/0.png': 'x' });
    const again = splitSamples(
      more,
      more.samples.map(({ index }) => index),
      { seed: 3, share: 0.1 },
    );
    const idsOf = (set: DataSet, indices: Int32Array): string[] =>
      Array.from(indices, (index) => set.samples[index]!.id);
    const old = idsOf(more, again.validation).filter((id) => id in contents);
    expect(old).toEqual(idsOf(data, validation));
    expect(
      splitSamples(
        data,
        data.samples.map(({ index }) => index),
        { seed: 4, share: 0.1 },
      ).validation,
    ).not.toEqual(validation);
    expect(splitSamples(data, [1, 2], { seed: 3, share: 0 }).validation).toHaveLength(0);
  });
});
