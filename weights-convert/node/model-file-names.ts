/**
 * Names of a model's files. They are plain, `encoder.safetensors`, unless the name is taken by the model that is being
 * replaced: then they carry the beginning of their hash, `encoder-0123456789ab.safetensors`, so that the old model
 * stays whole until model.json names the new one.
 */
import { TOKENIZER_NAME } from '../model-folder/manifest.ts';
import { NET_PARTS } from '../../nets/net-kinds.ts';

const HASH_LETTERS = 12;
const HASH = `-[0-9a-f]{${HASH_LETTERS}}`;
const stems = `(?:${NET_PARTS.join('|')})(?:-\\d{5}-of-\\d{5})?`;
const pattern = new RegExp(
  `^(?:(${stems})(${HASH})?(\\.safetensors(?:\\.index\\.json)?)|(tokenizer)(${HASH})?(\\.json))$`,
);

/** Whether dalle-gl calls files of a model so. */
export function isModelFile(name: string): boolean {
  return pattern.test(name);
}

/** The name without its hash. */
export function plainName(name: string): string {
  const [, stem = '', , ending = '', tokenizer, , json = ''] = pattern.exec(name) ?? [];
  return tokenizer === undefined ? `${stem}${ending}` : TOKENIZER_NAME.replace('.json', json);
}

/** A plain name with the hash of the content. */
export function hashedName(name: string, sha256: string): string {
  return name.replace(/(\.safetensors(?:\.index\.json)?|\.json)$/, `-${sha256.slice(0, HASH_LETTERS)}$1`);
}
