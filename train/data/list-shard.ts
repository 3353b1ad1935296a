/**
 * The samples of a tar shard, as WebDataset and img2dataset lay them: members with the same path up to the first dot of
 * its last part, one after another, are one sample, and what follows the dot says what each is. `.jpg`, `.png` and
 * `.webp` are the picture, `.txt` its captions, and `caption` or `captions` of `.json` goes before them.
 *
 * Pure: runs in Node and in the browser.
 */
import type { ByteSource } from '../../weights-convert/byte-source.ts';
import { baseName, MAX_PICTURE_BYTES, type DataFile } from './data-file.ts';
import type { FindingCounts } from './findings.ts';
import { pause } from './pause.ts';
import { MAX_CAPTION_BYTES, readCaptionLines, readJsonCaptions } from './read-captions.ts';
import { isOtherPictureKind, isPictureKind, type FoundSample } from './sample.ts';
import { readTarMembers, TarDamage } from './tar.ts';

/** A sample as it is gathered. */
interface Group {
  readonly key: string;
  picture?: { readonly name: string; readonly offset: number; readonly size: number };
  text?: readonly string[];
  json?: readonly string[];
  /** A picture that is none of this sample, for a dot within its name. */
  dotted?: string;
}

/**
 * In the order of the shard. A damaged one gives what comes before the damage; `findings` learns of it.
 *
 * @param file what samples refer to, whose bytes `source` gives
 */
export async function listShard(
  file: DataFile,
  source: ByteSource,
  findings: FindingCounts,
  signal: AbortSignal | undefined,
): Promise<FoundSample[]> {
  const samples: FoundSample[] = [];
  let group: Group = { key: '' };
  let members = 0;
  const finish = (): void => {
    const { picture, text, json, dotted } = group;
    const captions = json && json.length > 0 ? json : (text ?? []);
    if (picture) {
      const { name, offset, size } = picture;
      samples.push({ id: `${file.path}/${name}`, captions, file, offset, size });
    } else if (dotted) findings.add('dotted-name', dotted);
    else if (text || json?.length) findings.add('caption-alone', `${file.path}/${group.key}`);
  };
  try {
    for await (const member of readTarMembers(source)) {
      const name = member.name.replace(/^(\.?\/)+/, '');
      if (++members % 1000 === 0) await pause('openDataSet', signal);
      // macOS leaves `._a.png` beside each file.
      if (baseName(name).startsWith('.') || name.startsWith('__MACOSX/')) continue;
      const { key, kind } = splitName(name);
      if (key !== group.key) {
        finish();
        group = { key };
      }
      await addMember(group, { ...member, name, kind }, source, findings, file.path);
    }
  } catch (error) {
    if (!(error instanceof TarDamage)) throw error;
    findings.add('bad-shard', `${file.path} (${error.message})`);
  }
  finish();
  return samples;
}

/** `dir/a.seg.png` has the key `dir/a` and the kind `seg.png`. */
function splitName(name: string): { readonly key: string; readonly kind: string } {
  const base = baseName(name);
  const dot = base.indexOf('.');
  if (dot < 0) return { key: name, kind: '' };
  return { key: name.slice(0, name.length - base.length + dot), kind: base.slice(dot + 1).toLowerCase() };
}

interface Member {
  readonly name: string;
  readonly kind: string;
  readonly offset: number;
  readonly size: number;
}

async function addMember(
  group: Group,
  member: Member,
  source: ByteSource,
  findings: FindingCounts,
  shard: string,
): Promise<void> {
  const { name, kind, offset, size } = member;
  const path = `${shard}/${name}`;
  const lastKind = kind.slice(kind.lastIndexOf('.') + 1);
  if (kind === 'txt' || kind === 'json') {
    const captions = await readMemberCaptions(member, source);
    if (!captions) findings.add('bad-captions', path);
    else if (kind === 'txt') group.text = captions;
    else group.json = captions;
  } else if (isPictureKind(kind)) {
    if (size > MAX_PICTURE_BYTES) findings.add('too-large', path);
    else if (group.picture) findings.add('two-pictures', path);
    else group.picture = { name, offset, size };
  } else if (isOtherPictureKind(kind)) findings.add('other-kind', path);
  else if (isPictureKind(lastKind)) group.dotted ??= path;
}

/** Undefined for what is no caption. */
async function readMemberCaptions({ kind, offset, size }: Member, source: ByteSource): Promise<string[] | undefined> {
  if (size > MAX_CAPTION_BYTES) return undefined;
  try {
    const bytes = await source.read(offset, size);
    return kind === 'txt' ? readCaptionLines(bytes) : readJsonCaptions(bytes);
  } catch {
    return undefined;
  }
}
