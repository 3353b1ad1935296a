/** Tar archives: every form of name and length, also as the system's own tar writes them, and what is refused. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeTar, paxRecord, type TarEntry } from '../../test/helpers/tar.ts';
import { makeWorkplace, type Workplace } from '../../test/helpers/workplace.ts';
import { sourceFromBytes } from '../byte-source.ts';
import { listMembers } from './list-members.ts';
import { isTar } from './tar-header.ts';

/** Names behind the archive's, and contents. */
async function readAll(bytes: Uint8Array): Promise<[name: string, content: string][]> {
  const members = await listMembers(sourceFromBytes(bytes, 'a.tar'));
  return Promise.all(
    members.map(async ({ name, size, read }) => [
      name.replace(/^a\.tar: /, ''),
      new TextDecoder().decode(await read(0, size)),
    ]),
  );
}

const long = `${'folder/'.repeat(40)}weights.pt`;

test.each<[string, TarEntry[], string]>([
  ['plain', [{ name: 'a/b.pt', data: 'xyz' }], 'a/b.pt'],
  ['of the time before types', [{ name: 'b.pt', type: '\0', data: 'xyz' }], 'b.pt'],
  ['with a prefix', [{ prefix: 'far/away', name: 'b.pt', data: 'xyz' }], 'far/away/b.pt'],
  [
    'long, as GNU writes it',
    [
      { name: '././@LongLink', type: 'L', data: `${long}\0` },
      { name: 'cut', data: 'xyz' },
    ],
    long,
  ],
  [
    'long, and its length too, as pax writes them',
    [
      { name: 'PaxHeaders/b.pt', type: 'x', data: paxRecord('path', long) + paxRecord('size', '3') },
      { name: 'cut', data: 'xyz' },
    ],
    long,
  ],
  ['of a length in binary', [{ name: 'b.pt', data: 'xyz', size: `\u0080${'\0'.repeat(10)}\u0003` }], 'b.pt'],
  ['with signs that terminals obey', [{ name: 'a\u001b[31mb', data: 'xyz' }], 'a?[31mb'],
])('a name %s', async (_, entries, name) => {
  const bytes = makeTar(entries);
  expect(await readAll(bytes)).toEqual([[name.slice(0, 200), 'xyz']]);
  expect(isTar(bytes)).toBe(true);
});

test('folders, links, devices, and what macOS adds, are no files', async () => {
  const types = ['1', '2', '3', '4', '5', '6'].map((type) => ({ name: `../../etc/passwd${type}`, type }));
  const entries = [
    { name: 'pax', type: 'g', data: paxRecord('comment', 'x') },
    ...types,
    { name: 'a/', type: '0' },
    { name: 'a/._b.pt', data: 'fork' },
    { name: '/etc/passwd', data: 'content' },
  ];
  // A path is a name here: whatever it is, nothing is written under it.
  expect(await readAll(makeTar(entries))).toEqual([['/etc/passwd', 'content']]);
});

describe('as the system writes it', () => {
  let place: Workplace;
  beforeAll(() => void (place = makeWorkplace()));
  afterAll(() => place.remove());

  test.each(['ustar', 'pax', 'gnu'])('%s', async (format) => {
    const folder = place.path('model');
    const inner = `${folder}/${'sub-folder-'.repeat(6)}/${'a'.repeat(70)}`;
    mkdirSync(inner, { recursive: true });
    place.write('model/config.yaml', 'stage1: 1\n');
    place.write(`${inner.slice(place.path('.').length + 1)}/weights.pt`, 'w'.repeat(700));
    const path = place.path(`${format}.tar`);
    execFileSync('tar', [`--format=${format}`, '-cf', path, '-C', place.path('.'), 'model']);
    const found = await readAll(new Uint8Array(readFileSync(path)));
    expect(found.filter(([name]) => name === 'model/config.yaml')).toEqual([['model/config.yaml', 'stage1: 1\n']]);
    expect(found.filter(([name]) => name.endsWith('/weights.pt')).every(([, text]) => text === 'w'.repeat(700))).toBe(
      true,
    );
    expect(found.length).toBe(2);
  });
});

const one: TarEntry = { name: 'b.pt', data: 'x'.repeat(600) };
const cut = (bytes: Uint8Array, length: number): Uint8Array => bytes.slice(0, length);

describe('refused', () => {
  test.each<[string, Uint8Array, RegExp]>([
    ['cut in a file', cut(makeTar([one]), 1000), /b\.pt has 600 bytes, and 488 are left/],
    ['cut between files', cut(makeTar([one, one]), 1536), /before the mark of its end/],
    ['without its end', makeTar([one], 0), /before the mark of its end/],
    ['empty', new Uint8Array(0), /before the mark of its end/],
    ['with a wrong sum', makeTar([{ ...one, sumError: 1 }]), /header at byte 0 has another sum/],
    ['with a length beyond the file', makeTar([{ ...one, size: 8 ** 10 }]), /has 1073741824 bytes/],
    ['with no length', makeTar([{ ...one, size: 'endless' }]), /does not say how long it is/],
    ['with a sparse file', makeTar([{ ...one, type: 'S' }]), /of the type S, which is not read/],
    ['with a long name of megabytes', makeTar([{ name: 'l', type: 'L', data: 'x'.repeat(70_000) }]), /has 70000 bytes/],
    ['with broken records', makeTar([{ name: 'p', type: 'x', data: '99999 path=b' }, one]), /p, which says more/],
    ['with a record of no length', makeTar([{ name: 'p', type: 'x', data: '0 path=b\n' }, one]), /p, which says more/],
    [
      'with a length beyond all numbers',
      makeTar([{ name: 'p', type: 'x', data: paxRecord('size', '9'.repeat(15)) }, one]),
      /has 999999999999999 bytes/,
    ],
    ['with endless entries', makeTar(Array.from({ length: 4097 }, () => ({ name: 'a' }))), /more than 4096 entries/],
  ])('%s', async (_, bytes, message) => {
    const failure = readAll(bytes);
    await expect(failure).rejects.toMatchObject({ code: 'E_ARCHIVE', message: expect.stringMatching(message) });
  });

  test('or read as well, with any one byte of the headers changed: nothing else is thrown', async () => {
    const bytes = makeTar([{ name: 'p', type: 'x', data: paxRecord('path', 'q.pt') }, one]);
    for (let at = 0; at < 2048; at++) {
      const spoilt = bytes.slice();
      spoilt[at]! ^= 0x41;
      const code = await readAll(spoilt).then(
        () => 'E_ARCHIVE',
        (error: { code?: string }) => error.code,
      );
      expect({ at, code }).toEqual({ at, code: 'E_ARCHIVE' });
    }
  });
});
