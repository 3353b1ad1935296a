/** What lies beside the weights: harmless objects become values that nobody builds, and each is named in the report. */
import { describe, expect, test } from 'vitest';
import { latin1, numpyArray, numpyType, smallEncoder, TorchCheckpoint } from '../../test/helpers/torch-checkpoint.ts';
import { sourceFromBytes } from '../byte-source.ts';
import { openWeights } from '../open-weights.ts';
import { call, dict, globalOf, list, orderedDict, tuple } from '../pickle/build-records.ts';
import type { CallRecord, PickleValue } from '../pickle/records.ts';
import type { Weights } from '../../nets/weights.ts';

async function openBeside(beside: Record<string, PickleValue>): Promise<Weights> {
  const file = new TorchCheckpoint();
  const root = dict([['state_dict', orderedDict(file.entries(smallEncoder))], ...Object.entries(beside)]);
  return openWeights(sourceFromBytes(await file.save(root), 'x.pt'));
}

/** An instance made without a call. */
function instance(className: string, attributes: Record<string, PickleValue> = {}): CallRecord {
  return { ...call('newobj', className, []), state: dict(Object.entries(attributes)) };
}

const bytes = latin1(new Uint8Array(8));
const make = (name: string, ...args: PickleValue[]): CallRecord => call('reduce', name, args);
const deque = { ...make('collections.deque', list([]), 3), items: [1] };
const lightning = 'pytorch_lightning';

const HARMLESS: readonly (readonly [className: string, value: PickleValue])[] = [
  ['numpy.core.multiarray.scalar', make('numpy.core.multiarray.scalar', numpyType('<f8'), bytes)],
  ['numpy._core.multiarray.scalar', make('numpy._core.multiarray.scalar', numpyType('<f8'), bytes)],
  ['numpy.dtype', numpyType('<f4')],
  ['numpy.ndarray', numpyArray(new Uint8Array(8), [2])],
  [
    'numpy.ndarray',
    { ...numpyArray(new Uint8Array(8), [2]), state: tuple([1, tuple([1]), numpyType('|O'), false, list(['a'])]) },
  ],
  ['numpy.random._pickle.__generator_ctor', make('numpy.random._pickle.__generator_ctor', 'PCG64')],
  ['numpy.random._pickle.__randomstate_ctor', make('numpy.random._pickle.__randomstate_ctor', 'MT19937')],
  ['argparse.Namespace', instance('argparse.Namespace', { lr: 0.1 })],
  [
    'argparse.Namespace',
    make('copyreg._reconstructor', globalOf('argparse.Namespace'), globalOf('builtins.object'), null),
  ],
  ['pathlib.PosixPath', make('pathlib.PosixPath', '/', 'data')],
  ['pathlib.WindowsPath', make('pathlib.WindowsPath', 'C:')],
  ['pathlib._local.PosixPath', make('pathlib._local.PosixPath', 'data')],
  ['datetime.datetime', make('datetime.datetime', bytes)],
  ['datetime.timedelta', make('datetime.timedelta', 1, 2, 3)],
  ['datetime.timezone', make('datetime.timezone', make('datetime.timedelta', 0))],
  ['collections.defaultdict', make('collections.defaultdict', globalOf('builtins.list'))],
  ['collections.Counter', make('collections.Counter', dict([['a', 1]]))],
  ['collections.deque', deque],
  ['decimal.Decimal', make('decimal.Decimal', '1.5')],
  ['fractions.Fraction', make('fractions.Fraction', '1/3')],
  ['uuid.UUID', instance('uuid.UUID', { int: 5 })],
  ['builtins.complex', make('builtins.complex', 0, 1)],
  ['builtins.slice', make('builtins.slice', 0, 1, null)],
  ['builtins.xrange', make('builtins.xrange', 0, 1, 1)],
  ['builtins.bytearray', make('builtins.bytearray', bytes)],
  ['_codecs.encode', bytes],
  ['types.SimpleNamespace', { ...make('types.SimpleNamespace'), state: dict([['a', 1]]) }],
  ['torch.device', make('torch.device', 'cuda', 0)],
  ['torch.Size', make('torch.Size', tuple([1, 2]))],
  ['torch.float32', globalOf('torch.float32')],
  [`${lightning}.trainer.states.TrainerFn`, make(`${lightning}.trainer.states.TrainerFn`, 'fit')],
  [`${lightning}.utilities.parsing.AttributeDict`, call('newobj', `${lightning}.utilities.parsing.AttributeDict`, [])],
  ['lightning.pytorch.callbacks.ModelCheckpoint', instance('lightning.pytorch.callbacks.ModelCheckpoint')],
  ['omegaconf.dictconfig.DictConfig', instance('omegaconf.dictconfig.DictConfig', { _content: dict([]) })],
  ['transformers.training_args.TrainingArguments', instance('transformers.training_args.TrainingArguments')],
  ['torch.optim.lr_scheduler.StepLR', instance('torch.optim.lr_scheduler.StepLR')],
  // As protocol 2 writes a class, and an enum's member, that is named within another class.
  ['corp.models.Net.Config', make('builtins.getattr', globalOf('corp.models.Net'), 'Config')],
  [
    'corp.models.Net.Config',
    { ...instance('x'), callee: make('builtins.getattr', globalOf('corp.models.Net'), 'Config') },
  ],
  [
    'torch.amp.grad_scaler.GradScaler',
    instance('torch.amp.grad_scaler.GradScaler', {
      optimizers: make('collections.defaultdict', globalOf('torch.amp.grad_scaler._refresh_per_optimizer_state')),
    }),
  ],
  ['random.Random', { ...make('random.Random'), state: tuple([3, tuple([1, 2]), null]) }],
  ['re._compile', make('re._compile', 'a+', 0)],
  ['array.array', make('array.array', 'f', list([1]))],
  ['signal.Signals', make('signal.Signals', 15)],
  ['logging.getLogger', make('logging.getLogger', 'root')],
  ['builtins.type', make('builtins.type', null)],
  ['corp.models.Config', instance('corp.models.Config', { a: 1 })],
];

describe('beside the weights', () => {
  test.each(HARMLESS)('%s is left out by its name', async (className, value) => {
    const { tensors, leftOutValues } = await openBeside({ beside: value });
    expect(tensors.size).toBe(42);
    expect(leftOutValues).toEqual([{ path: 'beside', className }]);
  });

  test('plain values are told where they stand near the weights, objects wherever they are', async () => {
    const { leftOutValues } = await openBeside({
      epoch: 3,
      args: dict([
        ['lr', 0.5],
        ['path', make('pathlib.PosixPath', 'a')],
      ]),
    });
    expect(leftOutValues).toEqual([
      { path: 'epoch', className: 'int' },
      { path: 'args', className: 'dict' },
      { path: 'args.path', className: 'pathlib.PosixPath' },
    ]);
  });

  test('what could disturb a terminal is not in a name', async () => {
    const { leftOutValues } = await openBeside({ 'a\u001b[31m\u202eb': instance('corp.Config') });
    expect(leftOutValues![0]!.path).not.toMatch(/[\u001b\u202e]/);
  });

  test('a call of a class that nobody knows is refused, wherever it is', async () => {
    for (const value of [make('corp.models.Mode', 'full'), dict([['deep', list([make('corp.run', 'a')])]])]) {
      await expect(openBeside({ beside: value })).rejects.toMatchObject({ code: 'E_PICKLE_UNKNOWN_CALL' });
    }
  });

  test('an attack is one, whatever else is there', async () => {
    const opening = openBeside({ beside: make('os.system', 'id') });
    await expect(opening).rejects.toMatchObject({ name: 'UnsafeFileError', code: 'E_PICKLE_EXEC_ATTEMPT' });
  });

  test('a tensor of a kind that is not read harms nobody', async () => {
    const sparse = make('torch._utils._rebuild_sparse_tensor', globalOf('torch.sparse_coo'), tuple([]));
    expect((await openBeside({ beside: dict([['mask', sparse]]) })).leftOut).toEqual([
      { reason: 'beside', tensors: 1 },
    ]);
  });
});
