/**
 * OpenAI's nets as trees of PyTorch modules: every module's path, class and settings, in the order of registration.
 * The converter checks pickles against this list (check-modules.ts) and writes pickles from it (module-pickle.ts).
 */
import { groupChannels, listConvolutions, postGain } from '../../../nets/dvae/tensors.ts';
import type { DvaeArchitecture } from '../../../nets/dvae/architecture.ts';

/** One module; its settings are the attributes that decide what it computes. */
export interface ModuleSpec {
  /** Dotted way from the root; empty for the root itself. */
  readonly path: string;
  readonly className: string;
  readonly settings: Readonly<Record<string, number | string | boolean | null>>;
}

/** The two nets by their classes. */
export const PART_OF_CLASS: ReadonlyMap<string, 'encoder' | 'decoder'> = new Map([
  ['dall_e.encoder.Encoder', 'encoder'],
  ['dall_e.decoder.Decoder', 'decoder'],
]);

/** Every class that is in either of them. */
export const MODULE_CLASSES: readonly string[] = [
  ...PART_OF_CLASS.keys(),
  'dall_e.encoder.EncoderBlock',
  'dall_e.decoder.DecoderBlock',
  'dall_e.utils.Conv2d',
  'torch.nn.modules.container.Sequential',
  'torch.nn.modules.activation.ReLU',
  'torch.nn.modules.linear.Identity',
  'torch.nn.modules.pooling.MaxPool2d',
  'torch.nn.modules.upsampling.Upsample',
];

const SEQUENTIAL = 'torch.nn.modules.container.Sequential';

/** Every module of the official net, depth first. */
export function expectedModules(architecture: DvaeArchitecture): ModuleSpec[] {
  const isEncoder = architecture.kind === 'dvae-encoder';
  const [module, className] = isEncoder ? ['dall_e.encoder', 'Encoder'] : ['dall_e.decoder', 'Decoder'];
  const convolutions = new Map(listConvolutions(architecture).map((spec) => [spec.name, spec]));
  const specs: ModuleSpec[] = [];
  const add = (path: string, name: string, settings: ModuleSpec['settings'] = {}): void => {
    specs.push({ path, className: name, settings });
  };
  const addConvolution = (path: string): void => {
    const { inputs, outputs, kernel } = convolutions.get(path)!;
    add(path, 'dall_e.utils.Conv2d', { n_in: inputs, n_out: outputs, kw: kernel });
  };
  const addRelu = (path: string): void => add(path, 'torch.nn.modules.activation.ReLU');

  add('', `${module}.${className}`);
  add('blocks', SEQUENTIAL);
  addConvolution('blocks.input');
  for (let group = 1; group <= architecture.group_count; group++) {
    const groupPath = `blocks.group_${group}`;
    add(groupPath, SEQUENTIAL);
    for (let block = 1; block <= architecture.n_blk_per_group; block++) {
      const path = `${groupPath}.block_${block}`;
      const outputs = groupChannels(architecture, group);
      const hidden = { n_out: outputs, n_hid: outputs / 4, post_gain: postGain(architecture) };
      add(path, `${module}.${className}Block`, hidden);
      if (convolutions.has(`${path}.id_path`)) addConvolution(`${path}.id_path`);
      else add(`${path}.id_path`, 'torch.nn.modules.linear.Identity');
      add(`${path}.res_path`, SEQUENTIAL);
      for (let layer = 1; layer <= 4; layer++) {
        addRelu(`${path}.res_path.relu_${layer}`);
        addConvolution(`${path}.res_path.conv_${layer}`);
      }
    }
    if (group < architecture.group_count) addResampling(groupPath, isEncoder, add);
  }
  add('blocks.output', SEQUENTIAL);
  addRelu('blocks.output.relu');
  addConvolution('blocks.output.conv');
  return specs;
}

type AddModule = (path: string, className: string, settings: ModuleSpec['settings']) => void;

/** Between groups the encoder halves the picture by maxima, the decoder doubles it by repetition. */
function addResampling(groupPath: string, isEncoder: boolean, add: AddModule): void {
  if (isEncoder) {
    const settings = { kernel_size: 2, stride: 2, padding: 0, dilation: 1, ceil_mode: false };
    add(`${groupPath}.pool`, 'torch.nn.modules.pooling.MaxPool2d', settings);
  } else {
    const settings = { size: null, scale_factor: 2, mode: 'nearest' };
    add(`${groupPath}.upsample`, 'torch.nn.modules.upsampling.Upsample', settings);
  }
}
