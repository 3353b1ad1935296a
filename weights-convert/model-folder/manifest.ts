/**
 * The form of `model.json`: which parts a model has, their files and where they came from. manifest-json.ts turns it
 * into text and back, open-model.ts opens what it names, node/write-model-folder.ts writes it.
 */
import { FormatError } from '../../base/errors.ts';
import { NET_PARTS, type NetArchitecture, type NetPart, type NetsByPart } from '../../nets/net-kinds.ts';
import type { SamplingDefaults } from '../../nets/sampling/defaults.ts';

export const MANIFEST_NAME = 'model.json';
export const TOKENIZER_NAME = 'tokenizer.json';

/** The parts that a model can have: nets, and what turns text into tokens. */
export type PartName = NetPart | 'tokenizer';
export const PART_NAMES: readonly PartName[] = [...NET_PARTS, 'tokenizer'];

/** The file that a part was converted from; of a sharded one, its index, with the bytes and hash of all behind it. */
export interface SourceDescription {
  readonly name: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
  /** True only if the hash is that of a file OpenAI is known to have published. */
  readonly official: boolean;
  /** The same for people. */
  readonly note: string;
}

/** A file of a model folder, as `model.json` lists it. */
export interface ModelFile {
  /** A plain file name within the folder. */
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A part that is a net. */
export interface ModelPart<Architecture extends NetArchitecture = NetArchitecture> {
  readonly architecture: Architecture;
  /** How its tensors are stored; `mixed` where some are floats and some are halves. */
  readonly dtype: 'f32' | 'f16' | 'mixed';
  /** One file; or shards in order, and their index behind them. */
  readonly files: readonly ModelFile[];
  readonly source: SourceDescription;
}

/** The tokenizer, which is carried along byte for byte. */
export interface TokenizerPart {
  readonly files: readonly [ModelFile];
  readonly source: SourceDescription;
}

/** The parts of a model folder, by name. */
export type ModelParts = { readonly [Part in NetPart]?: ModelPart<NetsByPart[Part]> } & {
  readonly tokenizer?: TokenizerPart;
};

/** What `model.json` holds. */
export interface ModelManifest {
  readonly kind: 'dalle-gl-model';
  readonly formatVersion: 1;
  readonly parts: ModelParts;
  /** The family of the checkpoints that it was converted from. */
  readonly family?: string;
  /** How tokens of this model are best drawn. */
  readonly sampling?: SamplingDefaults;
  /** Licence and notice of the weights, as their family states them, or as the converter was given them. */
  readonly licence?: string;
  readonly notice?: string;
}

/** The file that tells which tensor is in which shard. */
export function isIndexName(name: string): boolean {
  return name.endsWith('.safetensors.index.json');
}

/** An error about a model folder whose parts do not fit together. */
export function modelError(what: string): FormatError {
  return new FormatError(
    'E_MODEL_MANIFEST',
    `openModel: this is no complete model folder: ${what}. Convert the checkpoint again.`,
  );
}
