/**
 * The `config` beside the weights in a checkpoint of one of dalle-gl's own transformers: the fields of its
 * architecture, of which a training need not state those that are as the paper's, and a few words on how it was
 * trained.
 */
import type { TransformerArchitecture } from '../../../nets/transformer/architecture.ts';
import {
  FIELD_NAMES,
  MAX_DIM,
  MAX_HEADS,
  readChoice,
  readFlag,
  readSize,
  readTransformer,
  refuseUnknown,
  transformerError,
  type Fields,
} from '../../../nets/transformer/read-architecture.ts';
import type { PlainValue } from '../../pickle/build-records.ts';

/** What a config need not say: most of dalle-gl's transformers are as the paper's. */
const CONFIG_DEFAULTS: readonly (readonly [string, unknown])[] = [
  ['names', 'dalle-gl'],
  ['layer_scale', false],
  ['qkv_bias', true],
  ['rotate_values', false],
  ['start_token', false],
  ['heads_of_output', 'separate'],
  ['shift_tokens', false],
];

/** What a config says beside the architecture: how it was trained, and what it is. */
const CONFIG_ONLY: readonly string[] = ['model', 'start_of_image', 'caption_dropout'];

/**
 * The architecture that the `config` of a checkpoint of dalle-gl's own states. Head size and the MLP's width may be
 * left out: then they are dim / heads and 4 · dim.
 *
 * @throws FormatError `E_ARCHITECTURE`
 */
export function readTransformerConfig(config: Fields): TransformerArchitecture {
  refuseUnknown(config, [...CONFIG_ONLY, ...FIELD_NAMES]);
  readChoice('model', config.get('model'), ['dalle']);
  // A token of its own before the picture: none of dalle-gl's transformers has one.
  if (readFlag('start_of_image', config.get('start_of_image') ?? false))
    throw transformerError('start_of_image is set');
  const dim = readSize('dim', config.get('dim'), MAX_DIM);
  const heads = readSize('heads', config.get('heads'), MAX_HEADS);
  const sizes: [string, unknown][] = [
    ['head_size', dim / heads],
    ['mlp_size', 4 * dim],
  ];
  const stated = [...config].filter(([name]) => !CONFIG_ONLY.includes(name));
  return readTransformer(new Map([...CONFIG_DEFAULTS, ...sizes, ...stated]));
}

/** The `config` from which `readTransformerConfig` gives this architecture again. */
export function describeTransformerConfig(architecture: TransformerArchitecture): Map<string, PlainValue> {
  const fields = FIELD_NAMES.flatMap((name): [string, PlainValue][] => {
    const value = architecture[name];
    return name === 'names' || value === undefined ? [] : [[name, value]];
  });
  return new Map<string, PlainValue>([['model', 'dalle'], ...fields, ['start_of_image', false]]);
}
