/** The goldens of `test/golden/tokenizers`, which make_tokenizers.py wrote. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../base/node/package-files.ts';

export interface TokenizerGolden {
  readonly cases: readonly { readonly text: string; readonly ids: number[]; readonly decoded: string }[];
  /** A tokenizer.json, where the golden is about one of its own. */
  readonly tokenizer: { readonly model: object };
  /** What it was trained on. */
  readonly corpus?: string[];
  /** Of a file of CLIP's form. */
  readonly merges?: string[];
}

export function readTokenizerGolden(name: string): TokenizerGolden {
  return JSON.parse(
    readFileSync(join(packageRoot, 'test', 'golden', 'tokenizers', `${name}.json`), 'utf8'),
  ) as TokenizerGolden;
}

/** The 300 texts that tokenizers of the public relatives are compared on. */
export function readTexts(): string[] {
  const file = readFileSync(join(packageRoot, 'test', 'golden', 'tokenizers', 'texts.json'), 'utf8');
  return (JSON.parse(file) as { texts: string[] }).texts;
}
