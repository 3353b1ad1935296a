/** Folders for results: made where there are none, and removed again if nothing came of it. */
import { rmdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { makeFolder } from './make-folder.ts';
import type { ExplainFailure } from './output-file.ts';
import { forgetFolder, rememberFolder } from './temporary-files.ts';

/**
 * Makes a folder and those above it.
 *
 * @returns the first folder that had to be made; undefined if all were there
 * @throws what `explain` makes of the failure
 */
export async function makeFolders(out: string, explain: ExplainFailure): Promise<string | undefined> {
  const first = makeExplained(out, explain);
  if (first !== undefined) for (const folder of listFolders(out, first)) rememberFolder(folder);
  return first;
}

function makeExplained(out: string, explain: ExplainFailure): string | undefined {
  try {
    return makeFolder(out);
  } catch (cause) {
    throw explain(out, cause);
  }
}

/** Removes the empty folders from `out` up to `first`, which is where making them began. */
export async function removeFolders(out: string, first: string | undefined): Promise<void> {
  if (first === undefined) return;
  for (const folder of listFolders(out, first).reverse()) {
    forgetFolder(folder);
    // Something else may have been put there meanwhile: then it stays.
    await rmdir(folder).catch(() => undefined);
  }
}

/** Those from `first` down to `out`. */
function listFolders(out: string, first: string): string[] {
  const folders: string[] = [];
  for (let folder = resolve(out); folder.length >= resolve(first).length; folder = dirname(folder)) {
    folders.unshift(folder);
  }
  return folders;
}
