/**
 * `model.json` as text: strict reading of one, and the one way to write it, so that the same model always gives the
 * same bytes. Unknown fields are refused in what decides how weights are read, and ignored elsewhere.
 */
import { FormatError } from '../../base/errors.ts';
import { parseJson } from '../../base/parse-json.ts';
import type { ByteSource } from '../byte-source.ts';
import {
  isIndexName,
  modelError,
  type ModelFile,
  type ModelManifest,
  type ModelPart,
  type ModelParts,
  type SourceDescription,
  type TokenizerPart,
} from './manifest.ts';
import { findNetKind, NET_PARTS, partOf, readNet, type NetArchitecture, type NetPart } from '../../nets/net-kinds.ts';
import { readSamplingDefaults, type SamplingDefaults } from '../../nets/sampling/defaults.ts';

const MAX_BYTES = 1024 * 1024;

/** The text of `model.json`: fields in a fixed order, no time of day. */
export function formatManifest(manifest: ModelManifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/**
 * Reads `model.json`.
 *
 * @throws FormatError `E_MODEL_MANIFEST`, `E_ARCHITECTURE`, `E_SAMPLING`
 */
export async function parseManifest(source: ByteSource): Promise<ModelManifest> {
  if (source.size > MAX_BYTES) throw modelError(`model.json has ${source.size} bytes`);
  const text = new TextDecoder().decode(await source.read(0, source.size));
  const fields = readFields(parseText(text), 'model.json');
  if (fields.get('kind') !== 'dalle-gl-model') throw modelError('model.json is of another program');
  if (fields.get('formatVersion') !== 1) {
    const version = JSON.stringify(fields.get('formatVersion') ?? null).slice(0, 20);
    throw modelError(`its format version is ${version}, and this dalle-gl reads version 1; update dalle-gl`);
  }
  const optional = (name: 'family' | 'licence' | 'notice'): Partial<ModelManifest> =>
    fields.has(name) ? { [name]: readText(fields, name) } : {};
  return {
    kind: 'dalle-gl-model',
    formatVersion: 1,
    parts: parseParts(readFields(fields.get('parts'), 'parts')),
    ...optional('family'),
    ...parseSampling(fields),
    ...optional('licence'),
    ...optional('notice'),
  };
}

type Fields = ReadonlyMap<string, unknown>;

/** A part of a later version is no reason to refuse those that are known. */
function parseParts(fields: Fields): ModelParts {
  const nets: Partial<Record<NetPart, ModelPart>> = {};
  for (const name of NET_PARTS) {
    if (fields.has(name)) nets[name] = parsePart(name, readFields(fields.get(name), name));
  }
  const tokenizer = fields.has('tokenizer')
    ? parseTokenizer(readFields(fields.get('tokenizer'), 'tokenizer'))
    : undefined;
  // parsePart has seen to it that each part holds its own kind of net.
  return { ...(nets as ModelParts), ...(tokenizer && { tokenizer }) };
}

function parsePart(name: NetPart, fields: Fields): ModelPart {
  const architecture = parseArchitecture(readFields(fields.get('architecture'), `${name}.architecture`));
  if (partOf(architecture) !== name) throw modelError(`part ${name} is of kind ${architecture.kind}`);
  const dtype = fields.get('dtype');
  if (dtype !== 'f32' && dtype !== 'f16' && dtype !== 'mixed') {
    throw modelError(`part ${name} is neither f32 nor f16, nor mixed`);
  }
  return { architecture, dtype, files: parseFiles(name, fields), source: parseSource(name, fields) };
}

function parseTokenizer(fields: Fields): TokenizerPart {
  const [file, ...others] = parseFiles('tokenizer', fields);
  if (!file || others.length > 0) throw modelError('the tokenizer does not have one file');
  return { files: [file], source: parseSource('tokenizer', fields) };
}

function parseArchitecture(fields: Fields): NetArchitecture {
  const kind = findNetKind(fields.get('kind'));
  if (kind === undefined) throw modelError('a part is of a kind this dalle-gl does not know');
  return readNet(kind, fields);
}

function parseSampling(fields: Fields): { readonly sampling?: SamplingDefaults } {
  if (!fields.has('sampling')) return {};
  return { sampling: readSamplingDefaults(readFields(fields.get('sampling'), 'sampling')) };
}

/** One file of tensors, or several and one index. */
function parseFiles(part: string, fields: Fields): ModelFile[] {
  const list = fields.get('files');
  if (!Array.isArray(list) || list.length === 0) throw modelError(`part ${part} has no files`);
  const files = list.map((file) => parseFile(readFields(file, `${part}.files`)));
  const indexes = files.filter(({ name }) => isIndexName(name)).length;
  if (indexes !== (files.length > 1 ? 1 : 0))
    throw modelError(`part ${part} has ${files.length} files, ${indexes} of them indexes`);
  if (new Set(files.map(({ name }) => name)).size < files.length) throw modelError(`part ${part} names a file twice`);
  return files;
}

function parseFile(fields: Fields): ModelFile {
  const name = readText(fields, 'name');
  // A file of the folder itself: a manifest from elsewhere must not reach other files.
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/.test(name)) throw modelError('a part names a file outside the folder');
  const sha256 = readText(fields, 'sha256');
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw modelError(`the SHA-256 of ${name} is none: 64 digits of 0-9 and a-f`);
  return { name, bytes: readCount(fields, 'bytes'), sha256 };
}

function parseSource(part: string, partFields: Fields): SourceDescription {
  const fields = readFields(partFields.get('source'), `${part}.source`);
  const official = fields.get('official');
  if (typeof official !== 'boolean') throw modelError('a source does not say whether it is official');
  return {
    name: readText(fields, 'name'),
    bytes: readCount(fields, 'bytes'),
    sha256: readText(fields, 'sha256'),
    official,
    note: readText(fields, 'note'),
  };
}

function parseText(text: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    const message = 'parseManifest: model.json is not JSON. It was cut or edited; convert the checkpoint again.';
    throw new FormatError('E_MODEL_MANIFEST', message, { cause });
  }
}

function readFields(value: unknown, what: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return new Map(Object.entries(value));
  throw modelError(`${what} is no object`);
}

function readText(fields: Fields, name: string): string {
  const value = fields.get(name);
  if (typeof value === 'string') return value;
  throw modelError(`${name} is no text`);
}

function readCount(fields: Fields, name: string): number {
  const value = fields.get(name);
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw modelError(`${name} is no count`);
}
