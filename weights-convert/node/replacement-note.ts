/**
 * What a conversion is about to do to a folder, written into its lock before it does it. If it is killed then, the next
 * conversion reads it and removes the files that no model.json lists: new ones that were not named yet, old ones that
 * are not named any more. Only a file that has the very bytes of which the note speaks is ours to remove.
 */
import { createReadStream, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { FolderLock } from '../../base/node/folder-lock.ts';
import { MANIFEST_NAME, type ModelFile } from '../model-folder/manifest.ts';
import { isModelFile } from './model-file-names.ts';
import { listFiles } from './model-target.ts';
import { createNodeHasher } from './node-hasher.ts';
import { readModelManifest } from './open-model-folder.ts';
import { lookAtPlace } from './write-failure.ts';

interface ReplacementNote {
  /** Files that get names that are free. */
  readonly written: readonly ModelFile[];
  /** Files of the old model that go. */
  readonly removed: readonly ModelFile[];
}

export function formatNote(note: ReplacementNote): string {
  return JSON.stringify(note);
}

/** Removes what killed conversions left in a folder, and their locks. */
export async function finishReplacements(out: string, { left }: FolderLock): Promise<void> {
  if (left.length === 0) return;
  const manifest = await readModelManifest(out).catch(() => undefined);
  const listed = new Set(manifest ? listFiles(manifest).map(({ name }) => name) : []);
  const hasOther = manifest === undefined && lookAtPlace(join(out, MANIFEST_NAME));
  for (const { path, note } of left) {
    const { written, removed } = parseNote(note);
    // Without a manifest that can be read nobody knows what is not listed.
    const files = hasOther ? [] : [...written, ...(manifest ? removed : [])];
    for (const file of files) {
      if (!listed.has(file.name) && (await isUnchanged(join(out, file.name), file))) remove(join(out, file.name));
    }
    remove(path);
  }
}

function parseNote(text: string): ReplacementNote {
  try {
    const { written, removed } = JSON.parse(text) as Record<keyof ReplacementNote, unknown>;
    return { written: parseFiles(written), removed: parseFiles(removed) };
  } catch {
    return { written: [], removed: [] }; // killed before it had begun
  }
}

function parseFiles(list: unknown): ModelFile[] {
  return Array.isArray(list) ? list.filter(isNoted) : [];
}

function isNoted(file: unknown): file is ModelFile {
  const { name, bytes, sha256 } = (file ?? {}) as Record<keyof ModelFile, unknown>;
  return typeof name === 'string' && isModelFile(name) && typeof bytes === 'number' && typeof sha256 === 'string';
}

async function isUnchanged(path: string, { bytes, sha256 }: ModelFile): Promise<boolean> {
  const stats = lookAtPlace(path);
  if (!stats?.isFile() || stats.size !== bytes) return false;
  const hasher = createNodeHasher();
  try {
    for await (const block of createReadStream(path)) hasher.update(block as Uint8Array);
  } catch {
    return false;
  }
  return hasher.digest() === sha256;
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // What cannot be removed stays, and hinders nobody.
  }
}
