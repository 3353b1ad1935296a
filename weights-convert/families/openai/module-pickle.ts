/**
 * Writes a net as OpenAI published theirs: a whole module pickled by `torch.save` into a zip, under the official class
 * names, with the attributes a module of torch 1.7 has. Everything that PyTorch's loader and ours look at is there.
 *
 * One difference remains: whole numbers that Python holds as floats (Upsample's scale_factor) are written as ints.
 */
import { expectedModules, type ModuleSpec } from './modules.ts';
import type { DvaeArchitecture } from '../../../nets/dvae/architecture.ts';
import { encodePickle } from '../../pickle/encode-pickle.ts';
import { call, dict, list, orderedDict } from '../../pickle/build-records.ts';
import type { CallRecord, DictRecord, PickleValue } from '../../pickle/records.ts';
import { buildTensor } from '../../torch/build-tensor.ts';
import { writeZip, type ZipInput } from '../../zip/write-zip.ts';

/** A float32 tensor to write, made when its turn comes. */
export interface ModuleTensor {
  readonly name: string;
  readonly shape: readonly number[];
  make(): Float32Array;
}

/**
 * The bytes of a checkpoint like `encoder.pkl`, block by block.
 *
 * @param root the archive's root folder, for torch the name of the file first written
 * @param tensors those of `expectedTensors(architecture)`, in that order
 */
export function writeModulePickle(
  root: string,
  architecture: DvaeArchitecture,
  tensors: readonly ModuleTensor[],
): AsyncGenerator<Uint8Array> {
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  const inputs: ZipInput[] = [
    { name: `${root}/data.pkl`, make: () => encodePickle(buildModule(architecture, tensors)) },
    ...tensors.map(({ make }, key) => ({ name: `${root}/data/${key}`, make: () => new Uint8Array(make().buffer) })),
    { name: `${root}/version`, make: () => text('3\n') },
  ];
  return writeZip(inputs);
}

function buildModule(architecture: DvaeArchitecture, tensors: readonly ModuleTensor[]): PickleValue {
  const built = new Map<string, { children: DictRecord['entries']; record: CallRecord }>();
  for (const spec of expectedModules(architecture)) {
    const children: DictRecord['entries'] = [];
    const record = call('newobj', spec.className, []);
    record.state = buildState(spec, architecture, ownTensors(spec.path, tensors), children);
    built.set(spec.path, { children, record });
    if (spec.path === '') continue;
    const dot = spec.path.lastIndexOf('.');
    built.get(spec.path.slice(0, Math.max(dot, 0)))!.children.push([spec.path.slice(dot + 1), record]);
  }
  return built.get('')!.record;
}

/** `__dict__` of a module: the attributes of its own class, then those that `nn.Module` gives. */
function buildState(
  spec: ModuleSpec,
  architecture: DvaeArchitecture,
  parameters: DictRecord['entries'],
  children: DictRecord['entries'],
): DictRecord {
  const registries = [
    '_backward_hooks',
    '_forward_hooks',
    '_forward_pre_hooks',
    '_state_dict_hooks',
    '_load_state_dict_pre_hooks',
  ];
  return dict([
    ...Object.entries(ownAttributes(spec, architecture)),
    ['training', true],
    ['_parameters', orderedDict(parameters)],
    ['_buffers', orderedDict([])],
    ['_non_persistent_buffers_set', call('reduce', 'builtins.set', [list([])])],
    ...registries.map((name): [string, PickleValue] => [name, orderedDict([])]),
    ['_modules', orderedDict(children)],
  ]);
}

/** The settings that matter, and beside them what else each class keeps. */
function ownAttributes(
  { path, className, settings }: ModuleSpec,
  architecture: DvaeArchitecture,
): Record<string, PickleValue> {
  const { kind, group_count, ...sizes } = architecture;
  const placement = { device: call('reduce', 'torch.device', ['cpu']), requires_grad: false };
  const name = className.slice(className.lastIndexOf('.') + 1);
  switch (name) {
    case 'Encoder':
    case 'Decoder':
      return { ...sizes, ...placement, use_mixed_precision: true };
    case 'EncoderBlock':
    case 'DecoderBlock':
      return { ...settings, n_layers: group_count * architecture.n_blk_per_group, ...placement };
    case 'Conv2d': {
      // The layer next to the tokens stays in float32 on OpenAI's GPU path.
      const use_float16 = path !== (kind === 'dvae-encoder' ? 'blocks.output.conv' : 'blocks.input');
      return { ...settings, use_float16, ...placement };
    }
    case 'ReLU':
      return { inplace: false };
    case 'MaxPool2d':
      return { ...settings, return_indices: false };
    case 'Upsample':
      return { name, ...settings, align_corners: null };
    default:
      return {};
  }
}

/** The parameters of one module; a tensor's number is the key of its storage. */
function ownTensors(path: string, tensors: readonly ModuleTensor[]): DictRecord['entries'] {
  return tensors.flatMap(({ name, shape }, key) => {
    const dot = name.lastIndexOf('.');
    return name.slice(0, dot) === path && path !== ''
      ? [[name.slice(dot + 1), buildParameter(String(key), shape)]]
      : [];
  });
}

function buildParameter(key: string, shape: readonly number[]): CallRecord {
  return call('reduce', 'torch._utils._rebuild_parameter', [buildTensor(key, shape, 'F32'), false, orderedDict([])]);
}
