/**
 * Functions and classes that a pickle may call without anybody being surprised: what they do is known, and it is to
 * make a value. Everything else that is called is a call that nobody here knows (called-names.ts).
 *
 * A function that calls what it is given is not harmless by itself: called-names.ts looks at its arguments too.
 */

/**
 * Module → the names in it: values of Python's, NumPy's, torch's, and the enums of trainers, which are made by a call
 * of their class with a value. What pickles make without a call (`argparse.Namespace`, omegaconf's configs, optimisers)
 * need not be here.
 */
const HARMLESS_CALLS: Readonly<Record<string, string>> = {
  // The last four are Python 2's, under which protocols up to 2 write what Python 3 calls otherwise.
  builtins:
    'bool bytearray bytes complex dict float frozenset int list object range set slice str tuple ' +
    'basestring long unicode xrange',
  _codecs: 'encode',
  argparse: 'Namespace',
  array: '_array_reconstructor array',
  collections: 'ChainMap Counter OrderedDict UserDict UserList UserString defaultdict deque',
  copyreg: '__newobj__ __newobj_ex__ _reconstructor',
  datetime: 'date datetime time timedelta timezone',
  decimal: 'Decimal',
  fractions: 'Fraction',
  itertools: 'count',
  ipaddress: 'IPv4Address IPv4Network IPv6Address IPv6Network',
  pathlib: 'Path PosixPath PurePath PurePosixPath PureWindowsPath WindowsPath',
  'pathlib._local': 'Path PosixPath PurePath PurePosixPath PureWindowsPath WindowsPath',
  random: 'Random',
  re: 'RegexFlag _compile',
  signal: 'Handlers Sigmasks Signals',
  types: 'SimpleNamespace',
  uuid: 'SafeUUID UUID',
  zoneinfo: 'ZoneInfo ZoneInfo._unpickle',
  // Enums of the standard library, made from their value.
  http: 'HTTPMethod HTTPStatus',
  logging: 'getLogger PercentStyle StrFormatStyle StringTemplateStyle',
  ...nameNumpy(),
  torch: 'Generator Size Tensor device',
  'torch._tensor': '_rebuild_from_type_v2',
  'torch._utils':
    '_rebuild_device_tensor_from_cpu_tensor _rebuild_device_tensor_from_numpy _rebuild_meta_tensor_no_storage ' +
    '_rebuild_nested_tensor _rebuild_parameter _rebuild_parameter_with_state _rebuild_qtensor ' +
    '_rebuild_sparse_csr_tensor _rebuild_sparse_tensor _rebuild_tensor _rebuild_tensor_v2 _rebuild_tensor_v3 ' +
    '_rebuild_wrapper_subclass',
  'torch._C._distributed_c10d': 'ReduceOp',
  'torch.distributed.fsdp.api': 'BackwardPrefetch ShardingStrategy StateDictType',
  'torch.distributed.fsdp.fully_sharded_data_parallel': 'BackwardPrefetch ShardingStrategy StateDictType',
  'torch.distributed.optim.zero_redundancy_optimizer': '_OverlapStatus',
  'torch.jit._pickle':
    'build_boollist build_doublelist build_intlist build_tensor_from_id build_tensorlist restore_type_tag',
  'torch.cuda.amp.grad_scaler': 'OptState _refresh_per_optimizer_state',
  'torch.amp.grad_scaler': 'OptState _refresh_per_optimizer_state',
  'torch.nn.parameter': 'Buffer Parameter UninitializedBuffer UninitializedParameter',
  'torch.serialization': '_get_layout',
  'torchvision.transforms.functional': 'InterpolationMode',
  ...nameLightning('pytorch_lightning'),
  ...nameLightning('lightning.pytorch'),
  ...nameLightning('lightning'),
  'lightning_fabric.utilities.data': 'AttributeDict',
  'lightning_fabric.utilities.enums': 'LightningEnum _StrategyType',
  'lightning_utilities.core.enums': 'StrEnum',
  'transformers.trainer_utils': 'EvaluationStrategy FSDPOption HubStrategy IntervalStrategy SaveStrategy SchedulerType',
  'transformers.training_args': 'OptimizerNames',
  'transformers.utils.generic': 'ExplicitEnum PaddingStrategy TensorType',
  'accelerate.utils.dataclasses': 'DistributedType PrecisionType',
  'deepspeed.runtime.zero.config': 'ZeroStageEnum',
  'deepspeed.runtime.zero.offload_config': 'OffloadDeviceEnum',
};

/** NumPy 2 moved its core, and pickles name either place. */
function nameNumpy(): Record<string, string> {
  const core = ['numpy.core', 'numpy._core'].flatMap((base) => [
    [`${base}.multiarray`, '_reconstruct scalar'],
    [`${base}.numeric`, '_frombuffer'],
  ]);
  const random = '__bit_generator_ctor __generator_ctor __randomstate_ctor';
  const bitGenerators = ['mt19937 MT19937', 'pcg64 PCG64 PCG64DXSM', 'philox Philox', 'sfc64 SFC64'];
  return {
    ...Object.fromEntries(core),
    numpy: 'bool_ datetime64 dtype float16 float32 float64 int16 int32 int64 int8 ndarray timedelta64 uint8',
    'numpy.ma.core': 'MaskedArray _mareconstruct',
    'numpy.random': '__RandomState_ctor',
    'numpy.random._pickle': random,
    'numpy.random.mtrand': `RandomState __RandomState_ctor ${random}`,
    'numpy.random._generator': 'Generator',
    'numpy.random.bit_generator': 'SeedSequence SeedlessSeedSequence __pyx_unpickle_SeedSequence',
    ...Object.fromEntries(
      bitGenerators.map((line) => {
        const [module, ...names] = line.split(' ');
        return [`numpy.random._${module}`, names.join(' ')];
      }),
    ),
  };
}

/** Lightning is published under several names. */
function nameLightning(base: string): Record<string, string> {
  return {
    [`${base}.utilities.parsing`]: 'AttributeDict',
    [`${base}.utilities.data`]: 'AttributeDict',
    [`${base}.fabric.utilities.data`]: 'AttributeDict',
    [`${base}.trainer.states`]: 'RunningStage TrainerFn TrainerState TrainerStatus',
    [`${base}.trainer.connectors.logger_connector.result`]: '_Metadata _ResultCollection _Sync',
    [`${base}.utilities.enums`]:
      'AMPType AutoRestartBatchKeys DeviceType DistributedType GradClipAlgorithmType LightningEnum ModelSummaryMode ' +
      'PrecisionType _AcceleratorType _FaultTolerantMode _StrategyType',
  };
}

const NAMES: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(HARMLESS_CALLS).map(([module, names]) => [module, new Set(names.split(' '))]),
);

/** True for a call that only makes a value. Names in Python 3's spelling. */
export function isHarmlessCall(module: string, name: string): boolean {
  return NAMES.get(module)?.has(name) ?? false;
}
