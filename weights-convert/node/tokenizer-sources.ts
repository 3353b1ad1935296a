/**
 * The tokenizer among the sources of a conversion: one file, or vocabulary and merges in two, in any order.
 */
import { UsageError } from '../../base/errors.ts';
import { joinSources, type ByteSource } from '../byte-source.ts';
import type { SourceDescription } from '../model-folder/manifest.ts';
import { readTokenizer } from '../model-folder/tokenizer-file.ts';
import { joinPieces } from '../tokenizers/join-pieces.ts';
import { readTokenizerPiece, type TokenizerPieces } from '../tokenizers/tokenizer-piece.ts';
import type { TokenizerToWrite } from './write-model-parts.ts';

type PieceName = keyof TokenizerPieces;

const CALLED: Readonly<Record<PieceName, string>> = { vocabulary: 'vocab.json', merges: 'merges.txt' };

export class TokenizerSources {
  readonly #describe: (file: ByteSource) => Promise<SourceDescription>;
  readonly #pieces = new Map<PieceName, { readonly file: ByteSource; readonly content: Partial<TokenizerPieces> }>();
  #whole: ByteSource | undefined;

  /** @param describe hashes a file from end to end */
  constructor(describe: (file: ByteSource) => Promise<SourceDescription>) {
    this.#describe = describe;
  }

  /**
   * Takes a file that is a tokenizer, or one half of one; false for any other.
   *
   * @throws UsageError `E_USAGE` for a second one; FormatError `E_TOKENIZER_FILE`
   */
  async take(file: ByteSource): Promise<boolean> {
    if ((await readTokenizer(file)) !== undefined) {
      this.#refuseSecond(this.#whole ?? [...this.#pieces.values()][0]?.file, file);
      this.#whole = file;
      return true;
    }
    const content = await readTokenizerPiece(file);
    if (!content) return false;
    const name: PieceName = content.merges ? 'merges' : 'vocabulary';
    this.#refuseSecond(this.#whole ?? this.#pieces.get(name)?.file, file);
    this.#pieces.set(name, { file, content });
    return true;
  }

  /**
   * What is written, once all files are known.
   *
   * @throws UsageError `E_USAGE` for one half alone; FormatError `E_TOKENIZER_FILE`
   */
  async finish(): Promise<TokenizerToWrite | undefined> {
    if (this.#whole) {
      const bytes = await this.#whole.read(0, this.#whole.size);
      return { bytes, source: await this.#describe(this.#whole) };
    }
    const [vocabulary, merges] = (['vocabulary', 'merges'] as const).map((name) => this.#pieces.get(name));
    if (!vocabulary && !merges) return undefined;
    if (!vocabulary || !merges) throw aloneError(this.#pieces);
    const text = joinPieces({ ...vocabulary.content, ...merges.content } as TokenizerPieces);
    const files = joinSources(`${vocabulary.file.name} and ${merges.file.name}`, [vocabulary.file, merges.file]);
    return { bytes: new TextEncoder().encode(text), source: await this.#describe(files) };
  }

  #refuseSecond(other: ByteSource | undefined, file: ByteSource): void {
    if (!other) return;
    throw new UsageError(
      'E_USAGE',
      `convertToModelFolder: ${other.name} and ${file.name} are both tokenizers, or the same half of one, and a model has ` +
        'one. Convert them into two folders.',
    );
  }
}

function aloneError(pieces: ReadonlyMap<PieceName, { readonly file: ByteSource }>): UsageError {
  const [[name, { file }] = ['merges', { file: { name: 'merges.txt' } }] as const] = pieces;
  const other = name === 'merges' ? 'vocabulary' : 'merges';
  return new UsageError(
    'E_USAGE',
    `convertToModelFolder: ${file.name} holds the ${name} of a tokenizer and not its ${other}. Name the file with these ` +
      `too, ${CALLED[other]}; both lie beside the weights.`,
  );
}
