/** Samples of tar shards, as WebDataset and img2dataset write them, packed or not; and shards made to do harm. */
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { decodeImage } from '../../images/node/decode.ts';
import { makeFiles, makeSquares, type Contents } from '../../test/helpers/data-sets.ts';
import { makeTar } from '../../test/helpers/tar-file.ts';
import { Batches } from './batches.ts';
import { listDataSet, type DataSet } from './data-set.ts';
import { preflight } from './preflight.ts';
import { openShard } from './unpack-shard.ts';

const list = (contents: Contents): Promise<DataSet> => listDataSet('the set', makeFiles(contents), decodeImage);
const captionsOf = ({ samples }: DataSet): Record<string, readonly string[]> =>
  Object.fromEntries(samples.map(({ id, captions }) => [id, captions]));
const kindsOf = ({ findings }: DataSet): Record<string, readonly string[]> =>
  Object.fromEntries(findings.map(({ kind, names }) => [kind, names]));
const squares = makeSquares(10, 16);

describe('samples', () => {
  test('of img2dataset, of all shards by their names; tables beside them do not matter', async () => {
    const shard = (front: string): Buffer => {
      const caption = `a thing of ${front}`;
      return makeTar({
        [`${front}0000.jpg`]: 'x',
        [`${front}0000.json`]: JSON.stringify({ caption, url: 'u', key: `${front}0000`, status: 'success' }),
        [`${front}0000.txt`]: caption,
        [`${front}0001.jpg`]: 'y',
        [`${front}0001.json`]: JSON.stringify({ caption: null, status: 'success' }),
      });
    };
    const data = await list({
      ...{ '00001.tar': shard('00001'), '00000.tar': shard('00000'), '00000.parquet': 'x', '00000_stats.json': '{}' },
    });
    expect(captionsOf(data)).toEqual({
      '00000.tar/000000000.jpg': ['a thing of 00000'],
      '00000.tar/000000001.jpg': [],
      '00001.tar/000010000.jpg': ['a thing of 00001'],
      '00001.tar/000010001.jpg': [],
    });
    expect(data.samples.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    expect(data.findings).toEqual([]);
  });

  test('are members alike up to the first dot of the last part, one after another', async () => {
    const data = await list({
      's.tar': makeTar({
        ...{
          './one.d/a.png': 'x',
          './one.d/a.txt': 'in a folder with a dot',
          './one.d/a.seg.png': 'y',
          './one.d/a.cls': '3',
        },
        ...{ 'two/a.txt': 'caption first\nand another', 'two/a.PNG': 'x', '._two/a.png': '', 'two/._a.png': 'x' },
        ...{ 'three.webp': 'x', 'three.json': '{"captions":["x","y"]}', 'three.txt': 'not this' },
      }),
    });
    expect(captionsOf(data)).toEqual({
      's.tar/one.d/a.png': ['in a folder with a dot'],
      's.tar/two/a.PNG': ['caption first', 'and another'],
      's.tar/three.webp': ['x', 'y'],
      's.tar/._two/a.png': [],
    });
    expect(data.findings).toEqual([]);
  });

  test('are the same pictures and captions as in a folder, packed or not', async () => {
    const folder = await list(squares);
    const tar = makeTar(squares);
    const pixelsOf = async (data: DataSet): Promise<unknown> => {
      const { usable } = await preflight(data, { size: 16, captions: true });
      return new Batches(data, { seed: 1, batch: 8, size: 16, samples: usable }).batchAt(3);
    };
    const wanted = await pixelsOf(folder);
    for (const [name, bytes] of [
      ['a.tar', tar],
      ['a.tar.gz', gzipSync(tar)],
      ['a.tgz', gzipSync(tar)],
    ] as const) {
      const data = await list({ [name]: bytes });
      expect(data.samples.map(({ captions }) => captions)).toEqual(folder.samples.map(({ captions }) => captions));
      expect(await pixelsOf(data)).toEqual(wanted);
    }
  });
});

describe('what is left out is counted and named', () => {
  test('members', async () => {
    const data = await list({
      's.tar': makeTar({
        ...{ 'a.b.jpg': 'x', 'a.b.txt': 'lost', 'c.gif': 'x', 'd.txt': 'alone', 'e.jpg': 'x', 'e.png': 'x' },
        ...{ 'f.jpg': 'x', 'f.txt': Uint8Array.of(0xff), 'g.jpg': 'x', 'g.json': '{' },
      }),
    });
    expect(kindsOf(data)).toEqual({
      'other-kind': ['s.tar/c.gif'],
      'dotted-name': ['s.tar/a.b.jpg'],
      'caption-alone': ['s.tar/d'],
      'bad-captions': ['s.tar/f.txt', 's.tar/g.json'],
      'two-pictures': ['s.tar/e.png'],
    });
    expect(Object.keys(captionsOf(data))).toEqual(['s.tar/e.jpg', 's.tar/f.jpg', 's.tar/g.jpg']);
  });

  test('names that lead out of a folder are names like others: nothing is written', async () => {
    const data = await list({ 's.tar': makeTar({ '../../a.png': 'x', '/etc/b.png': 'y' }) });
    expect(Object.keys(captionsOf(data))).toEqual(['s.tar/../../a.png', 's.tar/etc/b.png']);
  });

  test('shards that are damaged, of which what comes before is used', async () => {
    const tar = makeTar(squares);
    const data = await list({
      ...{ 'a.tar': tar.subarray(0, 4000), 'b.tar': 'no tar at all'.repeat(99), 'c.tar': '' },
      ...{ 'd.tar.gz': gzipSync(tar).subarray(0, 700), 'e.tar.gz': gzipSync(tar.subarray(0, 4000)) },
    });
    const { names } = data.findings.find(({ kind }) => kind === 'bad-shard')!;
    expect(names).toEqual([
      ...['a.tar (its end is missing)', 'b.tar (it is no tar)', 'c.tar (it is no tar)'],
      ...[expect.stringMatching(/^d.tar.gz \(it/), 'e.tar.gz (its end is missing)'],
    ]);
    expect(data.samples.filter(({ file }) => file.path === 'a.tar').length).toBeGreaterThan(1);
    await expect(list({ 'b.tar': 'no tar' })).rejects.toMatchObject({ code: 'E_DATA_EMPTY' });
  });
});

describe('bombs', () => {
  test('a small file that unpacks without end is not unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(40_000_000));
    const [file] = makeFiles({ 'bomb.tar.gz': bomb });
    expect(bomb.length).toBeLessThan(100_000);
    expect(await openShard(file!, 10_000_000)).toBeUndefined();
    expect((await openShard(file!, 40_000_000))!.unpacked).toBe(40_000_000);
  });

  test('a member larger than its shard, or than any picture, takes no memory', async () => {
    const tar = makeTar({ 'a.png': 'x', 'b.png': 'y' }, { 'b.png': { size: '77777777777\0' } });
    expect(kindsOf(await list({ 's.tar': tar }))).toEqual({ 'bad-shard': ['s.tar (it ends within b.png)'] });
  });

  test('a picture that announces far too much is a picture too large', async () => {
    const png = Buffer.from(squares['squares/0000.png']!);
    const webp = Buffer.alloc(30);
    webp.write('RIFF\x16\0\0\0WEBPVP8L\x0a\0\0\0\x2f', 'latin1');
    webp.writeUInt32LE(16_382 + 16_382 * 2 ** 14, 21);
    const data = await list({ 's.tar': makeTar({ ...squares, 'bomb.webp': webp, 'z.png': png }) });
    const { findings, usable } = await preflight(data, { size: 16 });
    expect(findings).toMatchObject([{ kind: 'too-large', names: ['s.tar/bomb.webp'] }]);
    expect(usable).toHaveLength(11);
  });
});
