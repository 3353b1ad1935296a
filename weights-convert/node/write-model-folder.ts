/**
 * Writes a model folder: each net's safetensors file, the tokenizer's, then `model.json`, so that a folder with a
 * manifest is complete.
 *
 * Everything is written under temporary names first, beside the model that is there. New parts get names that are free,
 * and renaming `model.json` is the switch: whenever the process is killed, the folder holds the old model or the new
 * one, whole. Old parts go afterwards. A failure leaves the folder as it was; one that was made here is removed again.
 * The same weights always give the same bytes.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { FolderLock } from '../../base/node/folder-lock.ts';
import type { OpenHandle } from '../../base/node/output-file.ts';
import { OutputFiles } from '../../base/node/output-files.ts';
import type { ByteSource } from '../byte-source.ts';
import { throwIfAborted } from '../describe-source.ts';
import { formatManifest } from '../model-folder/manifest-json.ts';
import { MANIFEST_NAME, type ModelManifest, type ModelParts } from '../model-folder/manifest.ts';
import type { OpenFile } from '../model-folder/open-model.ts';
import type { Provenance } from '../families/family.ts';
import type { WeightDtype } from '../safetensors/write-safetensors.ts';
import { withModelFolder } from './claim-model-folder.ts';
import { openFileSource } from './file-source.ts';
import { checkUnchanged, inspectTarget } from './model-target.ts';
import { formatNote } from './replacement-note.ts';
import { describeWriteFailure } from './write-failure.ts';
import { writeParts, type PartToWrite, type TokenizerToWrite, type Writing } from './write-model-parts.ts';

interface WriteModelOptions {
  readonly out: string;
  /** At most one of each part. */
  readonly parts: readonly PartToWrite[];
  readonly tokenizer?: TokenizerToWrite;
  /** How weights are stored [each part as it is in its source]. */
  readonly dtype?: WeightDtype;
  /** Bytes that no file of tensors exceeds unless a single tensor does [no limit]. */
  readonly shardBytes?: number;
  /** Replace a model that is there; other files in the folder are left alone. */
  readonly force: boolean;
  /** Paths of files that are read: none of them is replaced [none]. */
  readonly sources?: readonly string[];
  readonly provenance?: Provenance & { readonly family?: string };
  /** Looks at the model before it replaces another; what it throws stops that. */
  readonly check?: (openFile: OpenFile) => Promise<void>;
  /** Called after each block with the bytes written since the last call. */
  readonly onBytes?: (count: number) => void;
  readonly signal?: AbortSignal;
  readonly openHandle?: OpenHandle;
}

/**
 * Writes a model folder and returns its manifest.
 *
 * @throws DalleError `E_OUTPUT_EXISTS` for a folder that is not empty, or with `force` for files that are none of ours,
 *   `E_OUTPUT_BUSY`, `E_DISK_FULL`, `E_WRITE`; UsageError `E_OUTPUT_CLASH` for a source in the way; AbortedError
 */
export function writeModelFolder(options: WriteModelOptions): Promise<ModelManifest> {
  return withModelFolder({ sources: [], ...options }, (lock) => writeModelLocked(options, lock));
}

/** The same in a folder that is locked already. */
export async function writeModelLocked(options: WriteModelOptions, lock: FolderLock): Promise<ModelManifest> {
  const { out, openHandle, signal } = options;
  const target = await inspectTarget({ sources: [], ...options }, true);
  const outputs = new OutputFiles({ explain: describeWriteFailure, ...(openHandle && { openHandle }) });
  const writing: Writing = { sources: [], ...options, target, outputs, temporaries: new Map(), fresh: [] };
  try {
    const manifest = makeManifest(await writeParts(writing), options);
    const place = target.isReplaced ? 'replace' : 'new';
    const file = await outputs.create(join(out, MANIFEST_NAME), { place, follow: false });
    await file.write(new TextEncoder().encode(formatManifest(manifest)));
    await file.finish();
    writing.temporaries.set(MANIFEST_NAME, file.temporary);
    await options.check?.((name) => openWritten(name, writing));
    throwIfAborted(signal);
    await checkUnchanged(target, writing);
    switchModel(writing, lock);
    return manifest;
  } catch (error) {
    await outputs.discard();
    throw error;
  }
}

/** From here to the end nothing else happens in this process. */
function switchModel({ out, target, outputs, temporaries, fresh }: Writing, lock: FolderLock): void {
  const removed = target.listed.filter(({ name }) => !temporaries.has(name));
  try {
    lock.note(formatNote({ written: fresh, removed }));
    outputs.commit();
  } catch (cause) {
    throw describeWriteFailure(out, cause);
  }
  // The new model is there: what cannot be removed does not undo it.
  for (const { name } of removed) removeOld(join(out, name));
}

function removeOld(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The folder lost its permission meanwhile.
  }
}

async function openWritten(name: string, { out, temporaries }: Writing): Promise<ByteSource> {
  return { ...(await openFileSource(temporaries.get(name) ?? join(out, name))), name };
}

function makeManifest(parts: ModelParts, { provenance = {} }: WriteModelOptions): ModelManifest {
  const { family, sampling, licence, notice } = provenance;
  return {
    kind: 'dalle-gl-model',
    formatVersion: 1,
    parts,
    ...(family === undefined ? {} : { family }),
    ...(sampling && { sampling }),
    ...(licence === undefined ? {} : { licence }),
    ...(notice === undefined ? {} : { notice }),
  };
}
