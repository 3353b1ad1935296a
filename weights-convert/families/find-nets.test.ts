/**
 * Nets under other people's names, keys and wrappers, and two nets in one file: the same numbers under OpenAI's names.
 * And the file's own names where something is wrong.
 */
import { describe, expect, test } from 'vitest';
import {
  expectNet,
  flavaName,
  saved,
  tensorsOf,
  writeTensors,
  type Tensors,
} from '../../test/helpers/generated-checkpoints.ts';
import { smallDecoder, smallEncoder, TorchCheckpoint } from '../../test/helpers/torch-checkpoint.ts';
import { sourceFromBytes } from '../byte-source.ts';
import type { DvaeArchitecture } from '../../nets/dvae/architecture.ts';
import { writeModulePickle } from './openai/module-pickle.ts';
import { generateTensors } from './openai/official-size.ts';
import { openCheckpoint, openWeights } from '../open-weights.ts';
import { call, dict, list, orderedDict } from '../pickle/build-records.ts';
import { decodePickle } from '../pickle/decode-pickle.ts';
import type { PickleValue } from '../pickle/records.ts';
import { openZip, readZipEntry } from '../zip/zip-archive.ts';

describe('an encoder in the names of', () => {
  test.each<[string, (name: string) => string]>([
    ['FLAVA', flavaName],
    ['FLAVA within a model', (name) => `image_codebook.${flavaName(name)}`],
    ['OpenAI within a model', (name) => `vae.enc.${name}`],
  ])('%s', async (_, rename) => {
    await expectNet(await openWeights(await writeTensors(tensorsOf(smallEncoder, rename))), smallEncoder);
  });
});

describe('both parts in one file', () => {
  const both = (): Tensors =>
    new Map([
      ...tensorsOf(smallEncoder, (name) => `encoder.${name}`),
      ...tensorsOf(smallDecoder, (name) => `decoder.${name}`),
    ]);

  test('are two nets', async () => {
    const nets = await openCheckpoint(await writeTensors(both()));
    expect(nets.length).toBe(2);
    for (const wanted of [smallEncoder, smallDecoder]) {
      await expectNet(
        nets.find(({ architecture }) => architecture.kind === wanted.kind)!,
        wanted,
      );
    }
  });

  test('are too many where one is wanted', async () => {
    await expect(openWeights(await writeTensors(both()))).rejects.toMatchObject({
      code: 'E_ARCHITECTURE',
      message: expect.stringMatching(/a dvae-(en|de)coder .* and a dvae-(en|de)coder .*openCheckpoint/),
    });
  });

  test('and a tensor of neither', async () => {
    const tensors = both().set('step', { shape: [1], read: async () => Float32Array.of(1) });
    await expect(openCheckpoint(await writeTensors(tensors))).rejects.toMatchObject({
      code: 'E_KEYS_EXTRA',
      message: expect.stringContaining('Not expected: step.'),
    });
  });

  test('and a third', async () => {
    const tensors = new Map([...both(), ...tensorsOf(smallEncoder, (name) => `teacher.${name}`)]);
    await expect(openCheckpoint(await writeTensors(tensors))).rejects.toMatchObject({ code: 'E_ARCHITECTURE' });
  });
});

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
      await writeTensors(tensorsOf(smallEncoder, (name) => prefix + name)),
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
    const weights = await openWeights(await writeTensors(tensorsOf(smallEncoder, rename)));
    await expectNet(weights, smallEncoder);
    expect(weights.takenOff).toEqual([{ prefix: '_orig_mod.', tensors: 10 }]);
  });

  test('two tensors for one name are one too many', async () => {
    const tensors = tensorsOf(smallEncoder, (name) => name);
    tensors.set('module.blocks.input.b', tensors.get('blocks.input.b')!);
    await expect(openWeights(await writeTensors(tensors))).rejects.toMatchObject({
      code: 'E_KEYS_EXTRA',
      message: expect.stringContaining('Not expected: module.blocks.input.b.'),
    });
  });
});
