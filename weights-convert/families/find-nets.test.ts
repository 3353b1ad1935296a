/**
 * Nets under other people's names, keys and wrappers, and two nets in one file: the same numbers under OpenAI's names.
 * And the file's own names where something is wrong.
 */
import { describe, expect, test } from 'vitest';
import { numpyArray, smallDecoder, smallEncoder, TorchCheckpoint } from '../../test/helpers/torch-checkpoint.ts';
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
import { expectedTensors } from '../../nets/dvae/tensors.ts';
import type { DvaeArchitecture } from '../../nets/dvae/architecture.ts';
import { writeModulePickle } from './openai/module-pickle.ts';
import { generateTensors } from './openai/official-size.ts';
import { openCheckpoint, openWeights } from '../open-weights.ts';
import { call, dict, list, orderedDict } from '../pickle/build-records.ts';
import { decodePickle } from '../pickle/decode-pickle.ts';
import { encodePickle } from '../pickle/encode-pickle.ts';
import type { PickleValue } from '../pickle/records.ts';
import { writeSafetensors, type WritableTensor } from '../safetensors/write-safetensors.ts';
import type { Weights } from '../../nets/weights.ts';
import { openZip, readZipEntry } from '../zip/zip-archive.ts';

type Tensors = Map<string, WritableTensor>;

function tensorsOf(architecture: DvaeArchitecture, rename: (name: string) => string): Tensors {
  return new Map(
    generateTensors(architecture).map(({ name, shape, make }) => [rename(name), { shape, read: async () => make() }]),
  );
}

async function write(tensors: Tensors): Promise<ByteSource> {
  const blocks: Uint8Array[] = [];
  for await (const block of writeSafetensors(tensors, 'f32')) blocks.push(block);
  return sourceFromBytes(Buffer.concat(blocks), 'x.safetensors');
}

async function expectNet({ architecture, tensors }: Weights, wanted: DvaeArchitecture): Promise<void> {
  expect(architecture).toEqual(wanted);
  expect([...tensors.keys()]).toEqual([...expectedTensors(wanted).keys()]);
  for (const { name, make } of generateTensors(wanted)) expect(await tensors.get(name)!.read(), name).toEqual(make());
}

/** As transformers' convert_dalle_to_flava_codebook.py renames. */
function flavaName(name: string): string {
  return name
    .replace(/(group_\d)\./, '$1.group.')
    .replace('res_path.', 'res_path.path.')
    .replace(/\.w$/, '.weight')
    .replace(/\.b$/, '.bias');
}

describe('an encoder in the names of', () => {
  test.each<[string, (name: string) => string]>([
    ['FLAVA', flavaName],
    ['FLAVA within a model', (name) => `image_codebook.${flavaName(name)}`],
    ['OpenAI within a model', (name) => `vae.enc.${name}`],
  ])('%s', async (_, rename) => {
    await expectNet(await openWeights(await write(tensorsOf(smallEncoder, rename))), smallEncoder);
  });
});

describe('both parts in one file', () => {
  const both = (): Tensors =>
    new Map([
      ...tensorsOf(smallEncoder, (name) => `encoder.${name}`),
      ...tensorsOf(smallDecoder, (name) => `decoder.${name}`),
    ]);

  test('are two nets', async () => {
    const nets = await openCheckpoint(await write(both()));
    expect(nets.length).toBe(2);
    for (const wanted of [smallEncoder, smallDecoder]) {
      await expectNet(
        nets.find(({ architecture }) => architecture.kind === wanted.kind)!,
        wanted,
      );
    }
  });

  test('are too many where one is wanted', async () => {
    await expect(openWeights(await write(both()))).rejects.toMatchObject({
      code: 'E_ARCHITECTURE',
      message: expect.stringMatching(/a dvae-(en|de)coder .* and a dvae-(en|de)coder .*openCheckpoint/),
    });
  });

  test('and a tensor of neither', async () => {
    const tensors = both().set('step', { shape: [1], read: async () => Float32Array.of(1) });
    await expect(openCheckpoint(await write(tensors))).rejects.toMatchObject({
      code: 'E_KEYS_EXTRA',
      message: expect.stringContaining('Not expected: step.'),
    });
  });

  test('and a third', async () => {
    const tensors = new Map([...both(), ...tensorsOf(smallEncoder, (name) => `teacher.${name}`)]);
    await expect(openCheckpoint(await write(tensors))).rejects.toMatchObject({ code: 'E_ARCHITECTURE' });
  });
});

/** A file whose object is made of the entries of an encoder and a decoder. */
async function saved(
  makeRoot: (file: TorchCheckpoint) => PickleValue,
  settings?: { readonly name: string },
): Promise<ByteSource> {
  const file = new TorchCheckpoint();
  return sourceFromBytes(await file.save(makeRoot(file)), settings?.name ?? 'x.pt');
}

describe('an encoder in a checkpoint, under', () => {
  const stateDict = (file: TorchCheckpoint, prefix = ''): PickleValue =>
    orderedDict(file.entries(smallEncoder, (name) => prefix + name));
  test.each<[string, (file: TorchCheckpoint) => PickleValue]>([
    ['encoder', (file) => dict([['encoder', stateDict(file)]])],
    ['model', (file) => dict([['model', stateDict(file)]])],
    ['module, as DeepSpeed saves', (file) => dict([['module', stateDict(file, 'module.')]])],
    ['model and encoder', (file) => dict([['model', dict([['encoder', stateDict(file)]])]])],
    ['keys of nobody’s', (file) => dict([['a', dict([['b', dict([['c', stateDict(file)]])]])]])],
    ['a list', (file) => list([stateDict(file)])],
    ['ema alone', (file) => dict([['ema', stateDict(file)]])],
  ])('%s', async (_, makeRoot) => {
    await expectNet(await openWeights(await saved(makeRoot)), smallEncoder);
  });

  test('model, and under ema a mean over time: the first is taken, the other is told', async () => {
    const source = await saved((file) => {
      return dict([
        ['ema', orderedDict(file.entries(smallEncoder, (name) => `module.${name}`))],
        ['model', stateDict(file)],
        ['optimizer', dict([['state', dict([[0, dict([['exp_avg', file.tensor(Float32Array.of(1), [1])]])]])]])],
      ]);
    });
    const weights = await openWeights(source);
    await expectNet(weights, smallEncoder);
    expect(weights.leftOut).toEqual([
      { reason: 'ema, a mean of the weights over time', tensors: 42 },
      { reason: 'optimizer', tensors: 1 },
    ]);
  });

  test('a hundred means over time are too many to look at', async () => {
    const source = await saved((file) => {
      const entries = file.entries(smallEncoder);
      return dict([
        ...entries,
        ...Array.from({ length: 100 }, (_, n): [string, PickleValue] => [`ema.${n}.blocks.input.w`, entries[0]![1]]),
      ]);
    });
    await expect(openWeights(source)).rejects.toMatchObject({ code: 'E_PICKLE_LIMIT' });
  });

  test('a net at the end of a way of four hundred dots, and a thousand tensors beside it', async () => {
    const way = 'a.'.repeat(400);
    const source = await saved((file) => {
      const one = file.tensor(Float32Array.of(1), [1]);
      const others = Array.from({ length: 1000 }, (_, n): [string, PickleValue] => [`n${n}`, one]);
      return dict([
        [
          `${way}a`,
          dict([
            ['net', stateDict(file)],
            ['others', dict(others)],
          ]),
        ],
      ]);
    });
    const { leftOut } = await openWeights(source);
    expect(leftOut!.map(({ tensors }) => tensors)).toEqual([1000]);
    const longer = await saved((file) => dict([['a'.repeat(1000), dict([['net', stateDict(file)]])]]));
    await expect(openWeights(longer)).rejects.toMatchObject({ code: 'E_PICKLE_LIMIT' });
  });

  test('two keys of nobody’s: refused, since nothing tells which is meant', async () => {
    const source = await saved((file) =>
      dict([
        ['a', stateDict(file)],
        ['b', stateDict(file)],
      ]),
    );
    await expect(openWeights(source)).rejects.toMatchObject({
      code: 'E_ARCHITECTURE',
      message: expect.stringMatching(/2 nets that could be its encoder.*"a\." and "b\."/),
    });
  });
});

describe('encoder and decoder in one checkpoint', () => {
  test('as state dicts', async () => {
    const source = await saved((file) =>
      dict([
        ['encoder', orderedDict(file.entries(smallEncoder))],
        ['decoder', orderedDict(file.entries(smallDecoder, (name) => `_orig_mod.${name}`))],
        ['note', 'both'],
      ]),
    );
    const nets = await openCheckpoint(source);
    expect(nets.map(({ architecture }) => architecture)).toEqual([smallEncoder, smallDecoder]);
    for (const net of nets) await expectNet(net, net.architecture as DvaeArchitecture);
    expect(nets.map(({ leftOutValues, takenOff }) => [leftOutValues, takenOff])).toEqual([
      [[{ path: 'note', className: 'str' }], undefined],
      [undefined, [{ prefix: '_orig_mod.', tensors: 44 }]],
    ]);
  });

  test('as modules, one of them within DataParallel', async () => {
    const [encoder, decoder] = await Promise.all([smallEncoder, smallDecoder].map(readModule));
    const file = new TorchCheckpoint();
    // Both name storages from 0 on; theirs are the same, which the shapes do not mind.
    for (const { make } of generateTensors(smallDecoder)) file.tensor(make(), []);
    const wrapper = call('newobj', 'torch.nn.parallel.data_parallel.DataParallel', []);
    wrapper.state = dict([['_modules', orderedDict([['module', decoder!]])]]);
    await expect(
      openCheckpoint(sourceFromBytes(await file.save(dict([['decoder', wrapper]])), 'x')),
    ).resolves.toMatchObject([{ architecture: smallDecoder }]);
    // The encoder's storages are others: it is found, and its tensors then do not fit.
    const both = await file.save(
      dict([
        ['encoder', encoder!],
        ['decoder', wrapper],
      ]),
    );
    await expect(openCheckpoint(sourceFromBytes(both, 'x'))).rejects.toMatchObject({ code: 'E_TENSOR_STORAGE' });
  });

  async function readModule(architecture: DvaeArchitecture): Promise<PickleValue> {
    const blocks: Uint8Array[] = [];
    for await (const block of writeModulePickle('x', architecture, generateTensors(architecture))) blocks.push(block);
    const zip = sourceFromBytes(Buffer.concat(blocks), 'x');
    return decodePickle(await readZipEntry(zip, [...(await openZip(zip)).values()][0]!)).root;
  }
});

describe('wrappers of training are taken off and told', () => {
  test.each<[string, string[]]>([
    ['module.', ['module.']],
    ['_orig_mod.', ['_orig_mod.']],
    ['module._orig_mod.', ['module.', '_orig_mod.']],
    ['_orig_mod.module.module.', ['_orig_mod.', 'module.']],
    ['model._orig_mod.encoder.', ['_orig_mod.', 'model.encoder.']],
    ['_fsdp_wrapped_module.', ['_fsdp_wrapped_module.']],
  ])('%s', async (prefix, told) => {
    for (const source of [
      await write(tensorsOf(smallEncoder, (name) => prefix + name)),
      await saved((file) => orderedDict(file.entries(smallEncoder, (name) => prefix + name))),
    ]) {
      const weights = await openWeights(source);
      await expectNet(weights, smallEncoder);
      expect(weights.takenOff).toEqual(told.map((taken) => ({ prefix: taken, tensors: 42 })));
    }
  });

  test('in the middle of names, and of some only', async () => {
    const rename = (name: string): string =>
      name.startsWith('blocks.group_2') ? name.replace('.', '._orig_mod.') : name;
    const weights = await openWeights(await write(tensorsOf(smallEncoder, rename)));
    await expectNet(weights, smallEncoder);
    expect(weights.takenOff).toEqual([{ prefix: '_orig_mod.', tensors: 10 }]);
  });

  test('two tensors for one name are one too many', async () => {
    const tensors = tensorsOf(smallEncoder, (name) => name);
    tensors.set('module.blocks.input.b', tensors.get('blocks.input.b')!);
    await expect(openWeights(await write(tensors))).rejects.toMatchObject({
      code: 'E_KEYS_EXTRA',
      message: expect.stringContaining('Not expected: module.blocks.input.b.'),
    });
  });
});

describe('messages name tensors as the file does', () => {
  const extra = { shape: [1], read: async () => Float32Array.of(1) };
  test('one that is too many', async () => {
    for (const name of ['extra.weight', 'module.extra.bias']) {
      const tensors = tensorsOf(smallEncoder, flavaName).set(name, extra);
      await expect(openWeights(await write(tensors))).rejects.toMatchObject({
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
    const { tensors: named } = await openWeights(await write(tensors));
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
    const source = await write(tensorsOf(smallEncoder, (name) => name));
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
