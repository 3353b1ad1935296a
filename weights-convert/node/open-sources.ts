/**
 * The sources of a conversion: each file downloaded if need be, opened, told by its content (a checkpoint of one or
 * more nets, what says what a net is, a tokenizer or half of one, or an archive of such files), checked, and only then
 * read from end to end for its hash. A model has one of each part, so two are refused.
 */
import { FormatError, UsageError } from '../../base/errors.ts';
import type { ByteSource } from '../byte-source.ts';
import { FAMILIES } from '../families/all-families.ts';
import type { StatedSettings } from '../families/family.ts';
import type { FoundSettings } from '../families/found-net.ts';
import { readSettingsFile } from '../families/read-settings-file.ts';
import { describeSource, throwIfAborted } from '../describe-source.ts';
import type { PartName, SourceDescription } from '../model-folder/manifest.ts';
import { partOf } from '../../nets/net-kinds.ts';
import { gatherShards, openNets } from '../open-weights.ts';
import type { ConversionControl } from './conversion-progress.ts';
import type { DownloadFileOptions, ExpectedFile } from './download-file.ts';
import { createNodeHasher } from './node-hasher.ts';
import { inFile } from './in-file.ts';
import { openArchive } from './open-archive.ts';
import { openSource } from './open-source.ts';
import { TokenizerSources } from './tokenizer-sources.ts';
import type { PartToWrite, TokenizerToWrite } from './write-model-parts.ts';

export interface SourceControl extends ConversionControl, StatedSettings {
  /** The folder that keeps downloads [as `downloadFile`]. */
  readonly cache?: string;
  /** What is known beforehand of downloads, by their addresses as URLs write them. */
  readonly expected?: ReadonlyMap<string, Pick<ExpectedFile, 'bytes' | 'sha256'> & { readonly md5?: string }>;
}

/** What was opened, in any form. */
interface Closable {
  close?(): Promise<void>;
}

/** What the files hold; `close` closes them. */
export interface OpenedSources {
  readonly parts: readonly PartToWrite[];
  readonly tokenizer?: TokenizerToWrite;
  /** Where all files lie that were opened, shards and what else lies beside a checkpoint among them. */
  readonly paths: readonly string[];
  close(): Promise<void>;
}

/**
 * Opens all sources.
 *
 * @param sources paths and addresses, at least one
 * @throws UsageError `E_USAGE` for none, or for two of one part; FormatError and UnsafeFileError as `openSource` and
 *   `openCheckpoint`; AbortedError `E_ABORTED`
 */
export async function openSources(sources: readonly (string | URL)[], control: SourceControl): Promise<OpenedSources> {
  if (!Array.isArray(sources) || sources.length === 0) {
    throw new UsageError(
      'E_USAGE',
      'convertToModelFolder: no checkpoint was named. Name encoder.pkl, decoder.pkl, transformer.pt, tokenizer.json or ' +
        'some of them.',
    );
  }
  const files: Closable[] = [];
  const paths: string[] = [];
  const close = async (): Promise<void> => {
    for (const file of files) await file.close?.();
  };
  try {
    return { ...(await readSources(sources, { files, paths }, control)), paths, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function readSources(
  sources: readonly (string | URL)[],
  { files, paths }: { readonly files: Closable[]; readonly paths: string[] },
  control: SourceControl,
): Promise<Omit<OpenedSources, 'close' | 'paths'>> {
  const parts: PartToWrite[] = [];
  const owners = new Map<PartName, string>();
  const checkpoints: ByteSource[] = [];
  const tokenizers = new TokenizerSources((file) => describeFile(file, control));
  let auxiliary: { readonly name: string; readonly settings: FoundSettings } | undefined;
  for (const named of sources) {
    throwIfAborted(control.signal);
    const file = await openSource(named, {
      ...downloadOptions(control),
      expected: control.expected?.get(String(named)),
      onOpen: (path) => paths.push(path),
    });
    files.push(file);
    if (await inFile(file.name, () => tokenizers.take(file))) continue;
    const archive = await openArchive(file, { ...control, md5: control.expected?.get(String(named))?.md5 });
    if (archive) files.push(archive);
    for (const member of archive?.members ?? [file]) {
      if (archive && (await inFile(member.name, () => tokenizers.take(member)))) continue;
      const settings = await inFile(member.name, () => readSettingsFile(member));
      if (settings) {
        auxiliary = { name: member.name, settings };
        continue;
      }
      const whole = await inFile(member.name, () => gatherShards(member));
      if (whole !== member) files.push(whole);
      checkpoints.push(whole);
    }
  }
  // Settings may be named behind the weights they belong to.
  for (const whole of checkpoints) {
    const stated = { settings: auxiliary?.settings, stated: control };
    const nets = await inFile(whole.name, () => openNets(whole, stated));
    for (const { architecture } of nets) claimPart(owners, partOf(architecture), whole.name);
    const source = await describeFile(whole, control);
    parts.push(...nets.map((weights) => ({ weights, source })));
  }
  const families = new Set(parts.map(({ weights }) => weights.family));
  const tokenizer = await tokenizers.finish(FAMILIES.filter(({ name }) => families.has(name)));
  if (auxiliary && !owners.has(auxiliary.settings.file.part)) throw aloneError(auxiliary.name, auxiliary.settings);
  return { parts, ...(tokenizer && { tokenizer }) };
}

function aloneError(name: string, { file }: FoundSettings): FormatError {
  return new FormatError('E_ARCHITECTURE', `convertToModelFolder: ${name} is ${file.alone}`);
}

function downloadOptions({ onProgress, signal, cache }: SourceControl): DownloadFileOptions {
  return {
    onProgress: ({ done, total }) => onProgress?.({ stage: 'download', done, total }),
    ...(signal && { signal }),
    ...(cache !== undefined && { cache }),
  };
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

function describeFile(file: ByteSource, { onProgress, signal }: ConversionControl): Promise<SourceDescription> {
  return describeSource(file, {
    onBytes: (done) => onProgress?.({ stage: 'hash', done, total: file.size }),
    createHasher: createNodeHasher,
    ...(signal ? { signal } : {}),
  });
}
