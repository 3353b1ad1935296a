/** What of a checkpoint no net needs, how messages name tensors, and state dicts of NumPy’s arrays. */
import { describe, expect, test } from 'vitest';
import { expectNet, flavaName, saved, tensorsOf, writeTensors } from '../../test/helpers/generated-checkpoints.ts';
import { numpyArray, smallEncoder, TorchCheckpoint } from '../../test/helpers/torch-checkpoint.ts';
import {
  pickle,
  text,
  tuple as tupleOf,
  integer,
  uint64,
  join,
  dict as dictOf,
  global,
} from '../../test/hostile/pickle-assembler.ts';
import { safetensors } from '../../test/hostile/safetensors-attacks.ts';
import { sourceFromBytes, type ByteSource } from '../byte-source.ts';
import { generateTensors } from './openai/official-size.ts';
import { openWeights } from '../open-weights.ts';
import { call, dict } from '../pickle/build-records.ts';
import { encodePickle } from '../pickle/encode-pickle.ts';
import type { PickleValue } from '../pickle/records.ts';
import { writeSafetensors } from '../safetensors/write-safetensors.ts';
import type { Weights } from '../../nets/weights.ts';

describe('messages name tensors as the file does', () => {
  const extra = { shape: [1], read: async () => Float32Array.of(1) };
  test('one that is too many', async () => {
    for (const name of ['extra.weight', 'module.extra.bias']) {
      const tensors = tensorsOf(smallEncoder, flavaName).set(name, extra);
      await expect(openWeights(await writeTensors(tensors))).rejects.toMatchObject({
        code: 'E_KEYS_EXTRA',
        message: expect.stringContaining(`Not expected: ${name}.`),
      });
    }
  });

  test('one of another shape, in a dictionary and behind a wrapper', async () => {
    const source = await saved((file) => {
      const entries = file.entries(smallEncoder, (name) => `module.${flavaName(name)}`);
      entries[1]![1] = file.tensor(new Float32Array(3), [3]);
      return dict([['encoder', dict(entries)]]);
    });
    await expect(openWeights(source)).rejects.toMatchObject({
      code: 'E_KEYS_SHAPE',
      message: expect.stringContaining('encoder.module.blocks.input.bias (wanted [4], got [3])'),
    });
  });

  test('one that cannot be as it is described', async () => {
    const source = await saved((file) => dict([['model', dict([['a.b', file.tensor(new Float32Array(1), [2])]])]]));
    await expect(openWeights(source)).rejects.toMatchObject({
      code: 'E_TENSOR_STORAGE',
      message: expect.stringContaining('"model.a.b"'),
    });
  });

  test('one too large for a half', async () => {
    const tensors = tensorsOf(smallEncoder, flavaName);
    tensors.set('blocks.input.bias', { shape: [4], read: async () => Float32Array.of(1, 1e6, 1, 1) });
    const { tensors: named } = await openWeights(await writeTensors(tensors));
    const writing = (async () => {
      for await (const block of writeSafetensors(named, 'f16')) void block;
    })();
    await expect(writing).rejects.toMatchObject({
      code: 'E_HALF_OVERFLOW',
      message: expect.stringContaining('of blocks.input.bias is 1000000'),
    });
  });
});

describe('tensors that are not needed', () => {
  test('whole numbers and types that are not read are left out, and told', async () => {
    const source = await writeTensors(tensorsOf(smallEncoder, (name) => name));
    const bytes = Buffer.from(await source.read(0, source.size));
    const dataStart = 8 + Number(bytes.readBigUInt64LE());
    const header = JSON.parse(bytes.subarray(8, dataStart).toString()) as Record<string, object>;
    const data = bytes.subarray(dataStart);
    const more = {
      position_ids: { dtype: 'I64', shape: [2], data_offsets: [data.length, data.length + 16] },
      seen: { dtype: 'BOOL', shape: [], data_offsets: [data.length + 16, data.length + 17] },
      scale: { dtype: 'F8_E4M3', shape: [3], data_offsets: [data.length + 17, data.length + 20] },
      empty: { dtype: 'U8', shape: [0, 4], data_offsets: [data.length + 20, data.length + 20] },
    };
    const file = (changes: object): ByteSource =>
      sourceFromBytes(
        Buffer.concat([
          safetensors(`${JSON.stringify({ ...header, ...changes, __metadata__: null })}   `),
          data,
          new Uint8Array(20),
        ]),
        'x',
      );
    const weights = await openWeights(file(more));
    await expectNet(weights, smallEncoder);
    expect(weights.leftOut).toEqual([
      { reason: 'whole numbers, which are no weights', tensors: 3 },
      { reason: 'types that are neither read nor needed', tensors: 1 },
    ]);
    const needed = { ...header['blocks.input.b'], dtype: 'F8_NEW' };
    await expect(openWeights(file({ ...more, 'blocks.input.b': needed }))).rejects.toMatchObject({
      code: 'E_TENSOR_DTYPE',
      message: expect.stringMatching(/"blocks\.input\.b".*F8_NEW/),
    });
  });
});

describe('state dicts of NumPy’s arrays', () => {
  const widths: Record<string, number> = { f8: 8, f4: 4 };
  /** The numbers of a tensor in another type, byte order and order of axes. */
  function arrayOf(values: Float32Array, shape: readonly number[], type: string, isFortran: boolean): PickleValue {
    const width = widths[type.slice(1)]!;
    const view = new DataView(new ArrayBuffer(values.length * width));
    values.forEach((value, index) => {
      const at = width * (isFortran ? fortranIndex(index, shape) : index);
      if (width === 8) view.setFloat64(at, value, type[0] === '<');
      else view.setFloat32(at, value, type[0] === '<');
    });
    return numpyArray(new Uint8Array(view.buffer), shape, type, isFortran);
  }

  function fortranIndex(index: number, shape: readonly number[]): number {
    let [rest, step, place] = [index, shape.reduce((a, b) => a * b, 1), 0];
    for (const size of [...shape].reverse()) {
      step /= size;
      place += (rest % size) * step;
      rest = Math.floor(rest / size);
    }
    return place;
  }

  const entries = (type: string, isFortran: boolean): [string, PickleValue][] =>
    generateTensors(smallEncoder).map(({ name, shape, make }) => [name, arrayOf(make(), shape, type, isFortran)]);

  test.each<[string, boolean]>([
    ['<f4', false],
    ['<f4', true],
    ['>f4', false],
    ['>f8', true],
  ])('%s, Fortran order: %s', async (type, isFortran) => {
    const root = dict([['encoder', dict(entries(type, isFortran))]]);
    await expectNet(await openWeights(sourceFromBytes(encodePickle(root), 'x.pkl')), smallEncoder);
    await expectNet(await openWeights(sourceFromBytes(await new TorchCheckpoint().save(root), 'x.pt')), smallEncoder);
  });

  test('protocol 5, whose bytes are no text', async () => {
    const type = join(
      global('numpy', 'dtype'),
      tupleOf(text('f4'), '\x89', '\x88'),
      'R',
      tupleOf(integer(3), text('<'), 'N', 'N', 'N', integer(-1), integer(-1), integer(0)),
      'b',
    );
    const arrays = generateTensors(smallEncoder).map(({ name, shape, make }) => {
      const bytes = new Uint8Array(make().buffer);
      const args = tupleOf(
        join('\x96', uint64(BigInt(bytes.length)), bytes),
        type,
        tupleOf(...shape.map(integer)),
        text('C'),
      );
      return [name, join(global('numpy._core.numeric', '_frombuffer'), args, 'R')];
    });
    const file = pickle(dictOf(Object.fromEntries(arrays)));
    await expectNet(await openWeights(sourceFromBytes(file, 'x.pkl')), smallEncoder);
  });

  test('an array whose bytes are not what its shape takes, or of numbers that are not read', async () => {
    const open = (first: PickleValue): Promise<Weights> => {
      const [[name], ...rest] = entries('<f4', false) as [[string, PickleValue], ...[string, PickleValue][]];
      return openWeights(sourceFromBytes(encodePickle(dict([[name, first], ...rest])), 'x.pkl'));
    };
    await expect(open(numpyArray(new Uint8Array(5), [4, 3, 7, 7]))).rejects.toMatchObject({ code: 'E_NPY_SIZE' });
    await expect(open(numpyArray(new Uint8Array(588 * 8), [4, 3, 7, 7], '<c8'))).rejects.toMatchObject({
      code: 'E_NPY_DTYPE',
      message: expect.stringContaining('"blocks.input.w"'),
    });
  });

  test('bytes behind the pickle, and an attack within it', async () => {
    const bytes = encodePickle(dict(entries('<f4', false)));
    const behind = openWeights(sourceFromBytes(join(bytes, 'more'), 'x.pkl'));
    await expect(behind).rejects.toMatchObject({ code: 'E_PICKLE_TRAILING' });
    const attack = dict([...entries('<f4', false), ['x', call('reduce', 'os.system', ['id'])]]);
    await expect(openWeights(sourceFromBytes(encodePickle(attack), 'x.pkl'))).rejects.toMatchObject({
      code: 'E_PICKLE_EXEC_ATTEMPT',
    });
  });
});
