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

describe('a program or a model of another kind is called by its name', () => {
  const zip = (names: readonly string[], method: number): Uint8Array => {
    return assembleZip(
      names.map((name) => ({ name: `net/${name}`, data: Buffer.from('\x80\x02N.', 'latin1'), method })),
    );
  };
  test.each<[string, readonly string[], RegExp]>([
    ['TorchScript', ['data.pkl', 'constants.pkl', 'code/__torch__.py'], /TorchScript program.*torch\.jit\.load/],
    ['TorchScript of constants only', ['constants.pkl', 'version'], /TorchScript program/],
    ['TorchScript for phones', ['bytecode.pkl', 'data.pkl'], /TorchScript program/],
    ['torch.export', ['serialized_exported_program.json', 'version'], /program of torch\.export/],
    ['torch.export of today', ['archive_format', 'models/model.json'], /program of torch\.export/],
    ['Keras', ['config.json', 'model.weights.h5'], /Keras model/],
  ])('%s, compressed or not', async (_, names, message) => {
    for (const method of [0, 8]) {
      await expect(openWeights(sourceFromBytes(zip(names, method), 'net.pt'))).rejects.toMatchObject({
        code: 'E_FORMAT_UNKNOWN',
        message: expect.stringMatching(message),
      });
    }
  });

  test.each([
    ['an HDF5 file', '\x89HDF\r\n\x1a\n'],
    ['a GGUF file', 'GGUF\x03\0\0\0'],
    ['a TensorFlow Lite model', '\x1c\0\0\0TFL3'],
    ['an ONNX model', '\x08\x08\x12\x07pytorch\x1a\x051.13'],
    ['TensorFlow or ONNX', '\x08\x01\x12\xff\x07\x0a\x10\x0a'],
    ['msgpack data', '\x81\xa6params\x82\xa3dec\x80'],
    ['msgpack data', '\xde\x00\x10\xa6params\xc0'],
  ])('%s', async (kind, content) => {
    await expect(sniff(content)).rejects.toMatchObject({
      code: 'E_FORMAT_UNKNOWN',
      message: expect.stringContaining(kind),
    });
  });
});
