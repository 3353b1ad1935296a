/**
 * The sources of a conversion: each file opened, told by its content (a checkpoint of one or more nets, or a tokenizer),
 * checked, and only then read from end to end for its hash. A model has one of each part, so two are refused.
 */
import { UsageError } from '../../errors.ts';
import { describeSource, throwIfAborted } from '../describe-source.ts';
import type { PartName, SourceDescription } from '../manifest.ts';
import { partOf } from '../net-spec.ts';
import { openCheckpoint } from '../open-weights.ts';
import { readTokenizer } from '../tokenizer-file.ts';
import type { ConversionControl } from './conversion-progress.ts';
import { openFileSource, type FileSource } from './file-source.ts';
import { createNodeHasher } from './node-hasher.ts';
import type { PartToWrite, TokenizerToWrite } from './write-model-folder.ts';

/** What the files hold; `close` closes them. */
export interface OpenedSources {
  readonly parts: readonly PartToWrite[];
  readonly tokenizer?: TokenizerToWrite;
  close(): Promise<void>;
}

/**
 * Opens all sources.
 *
 * @param paths of files, at least one
 * @throws UsageError `E_USAGE` for none, or for two of one part; FormatError and UnsafeFileError as `openCheckpoint`;
 *   AbortedError `E_ABORTED`
 */
export async function openSources(paths: readonly string[], control: ConversionControl): Promise<OpenedSources> {
  if (paths.length === 0) {
    throw new UsageError(
      'E_USAGE',
      'convertToModelFolder: no checkpoint was named. Name encoder.pkl, decoder.pkl, transformer.pt, tokenizer.json or ' +
        'some of them.',
    );
  }
  const files: FileSource[] = [];
  const close = async (): Promise<void> => {
    for (const file of files) await file.close();
  };
  try {
    return { ...(await readSources(paths, files, control)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function readSources(
  paths: readonly string[],
  files: FileSource[],
  control: ConversionControl,
): Promise<Omit<OpenedSources, 'close'>> {
  const parts: PartToWrite[] = [];
  const owners = new Map<PartName, string>();
  let tokenizer: TokenizerToWrite | undefined;
  for (const path of paths) {
    throwIfAborted(control.signal);
    const file = await openFileSource(path);
    files.push(file);
    if ((await readTokenizer(file)) !== undefined) {
      claimPart(owners, 'tokenizer', file.name);
      tokenizer = { bytes: await file.read(0, file.size), source: await describeFile(file, control) };
      continue;
    }
    const nets = await openCheckpoint(file);
    for (const { architecture } of nets) claimPart(owners, partOf(architecture), file.name);
    const source = await describeFile(file, control);
    parts.push(...nets.map((weights) => ({ weights, source })));
  }
  return { parts, ...(tokenizer && { tokenizer }) };
}

function claimPart(owners: Map<PartName, string>, part: PartName, file: string): void {
  const other = owners.get(part);
  if (other !== undefined) {
    throw new UsageError(
      'E_USAGE',
      `convertToModelFolder: ${other} and ${file} are both ${part}s, and a model has one. Convert them into two folders.`,
    );
  }
  owners.set(part, file);
}

function describeFile(file: FileSource, { onProgress, signal }: ConversionControl): Promise<SourceDescription> {
  return describeSource(file, {
    onBytes: (done) => onProgress?.({ stage: 'hash', done, total: file.size }),
    createHasher: createNodeHasher,
    ...(signal ? { signal } : {}),
  });
}
