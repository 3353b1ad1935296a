/**
 * The converter as people have it: what `npm run build` made (pretest does), in a plain Node that may not make code
 * from strings, with the buffers it asks for counted and its peak of resident memory.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { packageRoot } from '../../base/node/package-files.ts';

/** What became of one file. */
export interface Conversion {
  readonly file: string;
  readonly exitCode: number;
  /** Everything that `convert` printed. */
  readonly said: string;
  /** Exit code of `inspect`, which shows what `convert` refuses. */
  readonly inspectCode: number;
  /** Bytes of the largest buffer asked for. */
  readonly largestBuffer: number;
  /** Bytes of resident memory at its peak, of this file and those before it. */
  readonly peak: number;
}

const hostile = join(packageRoot, 'test/hostile');
const flags = [
  '--expose-gc',
  '--disallow-code-generation-from-strings',
  '--import',
  pathToFileURL(join(hostile, 'watch-memory.mjs')).href,
];

/** Converts each file to a folder of `outputs`, then inspects it; all in one process. */
export async function convertBuilt(files: readonly string[], outputs: string): Promise<readonly Conversion[]> {
  const words = [...flags, join(hostile, 'convert-each.mjs'), outputs, ...files];
  const { stdout } = await promisify(execFile)(process.execPath, words, { maxBuffer: 2 ** 26 });
  const lines = stdout.trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Conversion);
}
