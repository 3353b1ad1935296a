/** Containers told by their bytes, where bytes alone are not a clear mark: bare pickles of any protocol, and zips. */
import { describe, expect, test } from 'vitest';
import { assembleZip } from '../test/hostile/zip-assembler.ts';
import { sourceFromBytes } from './byte-source.ts';
import { openWeights } from './open-weights.ts';
import { sniffContainer, type Container } from './sniff.ts';

function sniff(content: string): Promise<Container> {
  return sniffContainer(sourceFromBytes(Buffer.from(content, 'latin1'), 'a file'));
}

describe('a pickle without a mark', () => {
  test.each([
    ['of protocol 0', "(dp0\nS'a'\np1\nI1\ns."],
    ['of protocol 1', '}q\x00(X\x01\x00\x00\x00aK\x01u.'],
    ['that names something first', "cos\nsystem\n(S'id'\ntR."],
    ['that names something later, and breaks', '(lp0\n0ccollections\nOrderedDict\n)R?'],
    ['of protocol 4, its mark taken off', '\x8c\x02os\x8c\x06system\x93.'],
    ['longer than what is tried', `(l${'N0'.repeat(200_000)}.`],
  ])('%s', async (_, content) => {
    expect(await sniff(content)).toBe('pickle');
  });

  test.each([
    ['a name', 'hello'],
    ['a sentence', 'Certainly. This is not a checkpoint.\nNor is this.\n'],
    ['a list', 'cats and dogs\nred, green and blue\n'],
    ['a short pickle with text behind it', 'N. 5\n'],
    ['numbers', '(1, 2)'],
  ])('is not %s', async (_, content) => {
    await expect(sniff(content)).rejects.toMatchObject({ code: 'E_FORMAT_UNKNOWN' });
  });
});

test('TorchScript is refused by its name, with advice', async () => {
  const names = ['data.pkl', 'constants.pkl', 'code/__torch__.py', 'version'];
  const zip = assembleZip(names.map((name) => ({ name: `net/${name}`, data: Buffer.from('\x80\x02N.', 'latin1') })));
  await expect(openWeights(sourceFromBytes(zip, 'net.pt'))).rejects.toMatchObject({
    code: 'E_FORMAT_UNKNOWN',
    message: expect.stringMatching(/TorchScript program.*state dict with torch\.save/),
  });
});
