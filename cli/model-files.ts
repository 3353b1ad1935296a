/** The files of a model that a command reads: no result may replace them. */
import { join } from 'node:path';
import { bundledModel } from '../base/node/package-files.ts';
import { MANIFEST_NAME } from '../weights-convert/model-folder/manifest.ts';
import { listFiles } from '../weights-convert/node/model-target.ts';
import { folderOf, readModelManifest } from '../weights-convert/node/open-model-folder.ts';

/** Paths of `model.json` and of what it names. What is wrong with the folder is told by whoever opens it. */
export async function listModelFiles(model: string = bundledModel): Promise<string[]> {
  const folder = folderOf(model);
  const manifest = await readModelManifest(folder).catch(() => undefined);
  const names = [MANIFEST_NAME, ...(manifest ? listFiles(manifest).map(({ name }) => name) : [])];
  return names.map((name) => join(folder, name));
}
