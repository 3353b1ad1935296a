/**
 * A model folder: `model.json`, which says what is there, beside one safetensors file for each part. This file
 * opens a folder for reading; node/write-model-folder.ts writes it.
 *
 * Any subset of parts is a model folder. `model.json` is written last: a folder without it is not a model.
 */
import type { ByteSource } from './byte-source.ts';
import { isSameArchitecture } from './dvae-spec.ts';
import {
  MANIFEST_NAME,
  PART_NAMES,
  modelError,
  type ModelManifest,
  type ModelPart,
  type PartName,
} from './manifest.ts';
import { parseManifest } from './manifest-json.ts';
import { openWeights } from './open-weights.ts';
import type { Weights } from './weights.ts';

export interface Model {
  readonly manifest: ModelManifest;
  readonly encoder?: Weights;
  readonly decoder?: Weights;
  close(): Promise<void>;
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
