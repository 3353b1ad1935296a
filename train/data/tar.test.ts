/**
 * Tars of Python's tarfile in its three formats, with long names, folders and links; and tars that are damaged or made
 * to do harm.
 */
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeMember, makeTar } from '../../test/helpers/tar-file.ts';
import { sourceFromBytes } from '../../weights-convert/byte-source.ts';
import { readTarMembers, TarDamage } from './tar.ts';

/** Of tarfile, Python 3.11, packed by gzip. */
const written: Readonly<Record<string, string>> = {
  ustar: [
    'H4sIAAAAAAACA+3YSw6CMBAG4K49BRdA2tJSt8JJUIEYEQxi4pU8hxcTYQU0ITE8gv2/TcmkCaSTmU6I8/QUFQ6ZEq14QtRr',
    'pbtqnhVnkliSzOBxL8OieiUxU9zkP9zesmSh/DOuRDv/jDLJiUWR/8ntAVaKwHj9v3yWy93/Xq//K4n+P4djGL9fG9SBqdJz',
    'dply9vtp/mdMKkUsPsdwanj9p3mW2M0521l4jWwqnX7M08SUJrZzDppcDeeft/Mv5Hf7uvt//3Co5sCYJsY1MVcTE2N8pu+j',
    'B5qsvv8nvgCG69/t/v9RkmH+m0MQBCgCAAAAAAAAAACAP/UBNXy6DgAoAAA=',
  ].join(''),
  gnu: [
    'H4sIAAAAAAACA+2YXU7CUBCF77Or6AZK70zvD7wp+MgmqvzEiMUgGl2S63BjVkhMbO8JieFelM73UjLn6WQ40wOL9Wo23xQq',
    'JrrBGbN7NrSfgc+erFWZVQl4ftpWmyxTPWWx3381eKyXJ9o/sTc/90+aiFWmZf/RuRKEf4oSjnf/t6/b073/Xef+l1bufwpu',
    'q8XH+4XkoK+s7ur7mN3vV/2fyJZeZZyinPY8/4NiUFxO1/Vy2nwRIu4/sPfvnbPn9u8/b53KpnL/4+e/WX2+z1leVw/zXOui',
    'O6PAjAOzMjAzgZkNzFxg5gOzYXET+2DJ/o+6/8P3v5V/9tpr6X8pGI8lA31m1/8j39PD+S87738iyX8KJpOJhKDH/IH+T853',
    '8++M9P8UvMw3b3moBAKBkMBIKJFgkGCR4JDgkTBEwggIhJwTck7IOSHnhJwTck7IOSHnhJwTcs7IOSPnjJwzcs7IOSPnjJwz',
    'cs7IOY+K2ZlwvMKWIv+H+59p//4zX///Sf+Lz3WDtCBBEIT+8QmpMz90ACgAAA==',
  ].join(''),
  pax: [
    'H4sIAAAAAAACA+2ZwU7CQBCGe/Yp+gLQneluFw5EBU08+gpVCxIRCBSDj+Q7ePPFLJKYQHeiEbtF+3+XwsyB/Exm/tntcDa5',
    'yxZRUCWqINH641mw/3R8tkwmCE3ggdUyTxfFTwbNZLitf9qeT0c11Z/Y6t36kyLDQahQ/8o5B+CPEoDfm//5Oq/P/5PS/LcG',
    '898Ht+nw7eUEfdBUJuPpQ5W734/2fyJjbRCyj+W04f3fjtrR2XW6vsrS4q+urv6Oun/WPFbx/vxnoiBcY/5XDnVNOE/z+95k',
    'Nh21tg3XmqaPWUupqBwjR4wdsdgR046YccQSR8w6Yp3oZjMYYF4HzX8PZf96/vNu/7OlWGH/80G/jx5oMsfg/4q55P/Kwv+9',
    '+H9na/8f50DYaRPP/6f1n//i0vsfq+H/PhgMBmgC+H+d/k9W6fL5H/7vhW6itwvAU7Z4brlOg0KCpARLiVhKaClhpEQiJayU',
    '6EiJrpAgSTlJyklSTpJykpSTpJwk5SQpJ0k5ScpZUs6ScpaUs6ScJeUsKWdJOUvKWVLO3ejun3Dwxu6j7b/e//T+/Y/e3P9j',
    '/6ueiwJsQdj/ar3/iR37H2P/83L/Y8LVZk733l6X2eKE4vAxHxdfqW1wE9QAbsajqq9/vnH/Q7vvgqiIJJ79/3RZ1fg7ai7R',
    'AgAAAAAAAAAAAAAAAAAAAAAAAAAAf5p3LNkw1QBQAAA=',
  ].join(''),
};

async function list(tar: Uint8Array): Promise<[name: string, content: string][]> {
  const members: [string, string][] = [];
  for await (const { name, offset, size } of readTarMembers(sourceFromBytes(tar, 'x.tar'))) {
    members.push([name, Buffer.from(tar.subarray(offset, offset + size)).toString()]);
  }
  return members;
}

const unpack = (format: string): Buffer => gunzipSync(Buffer.from(written[format]!, 'base64'));
const numbered = (front: string, count: number): string =>
  Array.from({ length: count }, (_, i) => `${front}${String(i).padStart(2, '0')}`).join('/');

describe('members', () => {
  test.each(Object.keys(written))('as tarfile writes them in the format %s', async (format) => {
    const long = `${numbered('long-folder-name-', 9)}/b.png`;
    const longest = `${numbered('very-long-folder-name-', 30)}/${'d'.repeat(200)}.png`;
    expect(await list(unpack(format))).toEqual([
      ['folder/a.png', 'A'.repeat(700)],
      ['folder/a.txt', 'caf\u00e9\n'],
      [long, 'BB'],
      ['caf\u00e9.png', 'CCC'],
      ...(format === 'ustar' ? [] : [[longest, 'DDDD']]),
      ...(format === 'pax' ? [['big.png', 'E']] : []),
    ]);
  });

  test('of a size in base 256, of none, and of every size around a block', async () => {
    const size = `\x80${'\0'.repeat(10)}\x03`;
    expect(await list(makeTar({ a: 'abc', b: 'x' }, { a: { size } }))).toEqual([
      ['a', 'abc'],
      ['b', 'x'],
    ]);
    for (const length of [0, 1, 511, 512, 513, 8191, 8192, 20_000]) {
      const content = 'y'.repeat(length);
      expect(await list(makeTar({ a: content, b: 'x' }))).toEqual([
        ['a', content],
        ['b', 'x'],
      ]);
    }
  });

  test('whose size pax tells, and with holes, which are passed over', async () => {
    const pax = (text: string): Buffer => makeMember('PaxHeaders', Buffer.from(text), { type: 'x' });
    const sized = Buffer.concat([pax('9 size=3\n'), makeMember('a', Buffer.from('abc'), { size: '00000000000\0' })]);
    const sparse = Buffer.concat([pax('22 GNU.sparse.major=1\n'), makeMember('hole', Buffer.from('abc'))]);
    expect(await list(Buffer.concat([sized, sparse, makeTar({ b: 'x' })]))).toEqual([
      ['a', 'abc'],
      ['b', 'x'],
    ]);
    expect(await list(makeTar({ hole: 'abc', b: 'x' }, { hole: { type: 'S' } }))).toEqual([['b', 'x']]);
  });
});

describe('damage is told', () => {
  const failure = (tar: Uint8Array): Promise<unknown> => list(tar).then(String, (error: unknown) => error);

  test.each<[string, Uint8Array, RegExp]>([
    ['no tar', Buffer.alloc(2000, 'text '), /no tar/],
    ['a tar cut short', makeTar({ a: 'x'.repeat(2000) }).subarray(0, 1500), /ends within a/],
    ['a tar without its end', makeTar({ a: 'x' }).subarray(0, 1024), /its end is missing/],
    ['nothing', new Uint8Array(), /no tar/],
    ['a size beyond the file', makeTar({ a: 'x' }, { a: { size: '77777777777\0' } }), /ends within a/],
    ['a size beyond all numbers', makeTar({ a: 'x' }, { a: { size: '\xff'.repeat(12) } }), /has no size/],
    ['a size that is none', makeTar({ a: 'x' }, { a: { size: 'zzz' } }), /has no size/],
    ['a damaged second header', damage(makeTar({ a: 'x', b: 'y' }), 1030), /a header in it is damaged/],
    ['a name of a megabyte', makeTar({ a: 'x'.repeat(1_000_000) }, { a: { type: 'L' } }), /too long/],
    ['notes that are none', makeTar({ a: 'nonsense' }, { a: { type: 'x' } }), /malformed/],
    ['notes without end', makeTar({ a: '99 path=x\n' }, { a: { type: 'x' } }), /malformed/],
    ['notes of no length', makeTar({ a: '0 path=x\n' }, { a: { type: 'x' } }), /malformed/],
  ])('of %s', async (_, tar, says) => {
    expect(await failure(tar)).toMatchObject({ message: expect.stringMatching(says) });
    expect(await failure(tar)).toBeInstanceOf(TarDamage);
  });

  test('wherever a tar is hit, it is read or refused', async () => {
    const tar = unpack('pax');
    const hit = fc.tuple(fc.nat(tar.length - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(hit, { minLength: 1, maxLength: 4 }), async (hits) => {
        const spoilt = Buffer.from(tar);
        for (const [at, byte] of hits) spoilt[at] = byte;
        const result = await list(spoilt).catch((error: unknown) => error);
        expect(Array.isArray(result) || result instanceof TarDamage).toBe(true);
      }),
      { numRuns: 300, seed: 1 },
    );
  });
});

function damage(bytes: Buffer, at: number): Buffer {
  bytes[at]! ^= 1;
  return bytes;
}
