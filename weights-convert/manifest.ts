/**
 * The form of `model.json`: which parts a model has, their files and where they came from. manifest-json.ts turns it into
 * text and back, model-folder.ts opens what it names, node/write-model-folder.ts writes it.
 */
import { FormatError } from '../errors.ts';
import type { DvaeArchitecture } from './dvae-spec.ts';

export const MANIFEST_NAME = 'model.json';

/** The parts that a model can have today, in the order they are listed. */
export const PART_NAMES = ['encoder', 'decoder'] as const;
export type PartName = (typeof PART_NAMES)[number];

/** The file that a part was converted from. */
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

export interface ModelFile {
  /** A plain file name within the folder. */
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface ModelPart {
  readonly architecture: DvaeArchitecture;
  readonly dtype: 'f32' | 'f16';
  /** One file today; a list so that a part may be sharded. */
  readonly files: readonly ModelFile[];
  readonly source: SourceDescription;
}

/** What `model.json` holds. */
export interface ModelManifest {
  readonly kind: 'dalle-gl-model';
  readonly formatVersion: 1;
  readonly parts: Readonly<Partial<Record<PartName, ModelPart>>>;
  /** Licence and notice of the weights, where the converter was given them. */
  readonly licence?: string;
  readonly notice?: string;
}

/** Which part of a model an architecture is. */
export function partOf(architecture: DvaeArchitecture): PartName {
  return architecture.kind === 'dvae-encoder' ? 'encoder' : 'decoder';
}

/** An error about a model folder whose parts do not fit together. */
export function modelError(what: string): FormatError {
  return new FormatError(
    'E_MODEL_MANIFEST',
    `openModel: this is no complete model folder: ${what}. Convert the checkpoint again.`,
  );
}
