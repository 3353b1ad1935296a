/**
 * A model folder: `model.json`, which says what is there, beside one safetensors file for each part. This file holds
 * the manifest's form and opens a folder for reading; node/write-model-folder.ts writes it.
 *
 * Any subset of parts is a model folder. `model.json` is written last: a folder without it is not a model.
 */
import { FormatError } from '../errors.ts';
import type { ByteSource } from './byte-source.ts';
import { isSameArchitecture, type DvaeArchitecture } from './dvae-spec.ts';
import { parseManifest } from './manifest.ts';
import { openWeights } from './open-weights.ts';
import type { Weights } from './weights.ts';

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

export interface Model {
  readonly manifest: ModelManifest;
  readonly encoder?: Weights;
  readonly decoder?: Weights;
  close(): Promise<void>;
}

/** Which part of a model an architecture is. */
export function partOf(architecture: DvaeArchitecture): PartName {
  return architecture.kind === 'dvae-encoder' ? 'encoder' : 'decoder';
}

/**
 * Opens a model folder through a function that opens a file of it by name: `Blob`s in the browser, paths in Node.
 *
 * @throws FormatError `E_MODEL_MANIFEST` if model.json is not one or a file does not fit it, and as `openWeights`
 */
export async function openModel(openFile: (name: string) => Promise<ByteSource>): Promise<Model> {
  const manifest = await readManifest(await openFile(MANIFEST_NAME));
  const parts: Partial<Record<PartName, Weights>> = {};
  const close = async (): Promise<void> => {
    for (const weights of Object.values(parts)) await weights.close();
  };
  try {
    for (const name of PART_NAMES) {
      const part = manifest.parts[name];
      if (part) parts[name] = await openPart(part, openFile);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { manifest, ...parts, close };
}

async function readManifest(source: ByteSource): Promise<ModelManifest> {
  try {
    return await parseManifest(source);
  } finally {
    await source.close?.();
  }
}

async function openPart(part: ModelPart, openFile: (name: string) => Promise<ByteSource>): Promise<Weights> {
  const file = part.files[0]!;
  const source = await openFile(file.name);
  try {
    if (source.size !== file.bytes) {
      throw modelError(`${file.name} has ${source.size} bytes, and model.json says ${file.bytes}`);
    }
    const weights = await openWeights(source);
    if (!isSameArchitecture(weights.architecture, part.architecture)) {
      throw modelError(`${file.name} holds another net than model.json says`);
    }
    return weights;
  } catch (error) {
    await source.close?.();
    throw error;
  }
}

/** An error about a model folder whose parts do not fit together. */
export function modelError(what: string): FormatError {
  return new FormatError(
    'E_MODEL_MANIFEST',
    `openModel: this is no complete model folder: ${what}. Convert the checkpoint again.`,
  );
}
