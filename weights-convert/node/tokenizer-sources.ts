/**
 * The tokenizer among the sources of a conversion: one file, or vocabulary and merges in two, in any order.
 */
import { UsageError } from '../../base/errors.ts';
import type { JsonObject } from '../../nets/tokenizer/vocabulary.ts';
import { joinSources, type ByteSource } from '../byte-source.ts';
import type { Family } from '../families/family.ts';
import type { SourceDescription } from '../model-folder/manifest.ts';
import { readTokenizer } from '../model-folder/tokenizer-file.ts';
import { checkFamily } from '../tokenizers/check-family.ts';
import { joinPieces } from '../tokenizers/join-pieces.ts';
import { readTokenizerPiece, type TokenizerPiece, type TokenizerPieces } from '../tokenizers/tokenizer-piece.ts';
import { inFile } from './in-file.ts';
import type { TokenizerToWrite } from './write-model-parts.ts';

type PieceName = keyof TokenizerPieces;

const CALLED: Readonly<Record<PieceName, string>> = { vocabulary: 'vocab.json', merges: 'merges.txt' };

/** A file, and what was found in it; nothing where it is a `tokenizer.json` already. */
interface Found {
  readonly file: ByteSource;
  readonly content?: TokenizerPiece;
}

export class TokenizerSources {
  readonly #describe: (file: ByteSource) => Promise<SourceDescription>;
  readonly #halves = new Map<PieceName, Found>();
  #whole: Found | undefined;

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
    const isReady = (await readTokenizer(file)) !== undefined;
    const content = isReady ? undefined : await readTokenizerPiece(file);
    if (!isReady && !content) return false;
    if (!content || content.convert) {
      this.#refuseSecond(this.#whole ?? [...this.#halves.values()][0], file);
      this.#whole = { file, ...(content && { content }) };
    } else {
      const name: PieceName = content.merges ? 'merges' : 'vocabulary';
      this.#refuseSecond(this.#whole ?? this.#halves.get(name), file);
      this.#halves.set(name, { file, content });
    }
    return true;
  }

  /**
   * What is written, once all files are known.
   *
   * @throws UsageError `E_USAGE` for one half alone; FormatError `E_TOKENIZER_FILE`
   */
  async finish(families: readonly Family[]): Promise<TokenizerToWrite | undefined> {
    if (this.#whole) {
      const { file, content } = this.#whole;
      const bytes = await inFile(file.name, () =>
        content?.convert ? encode(content.convert(families), families) : file.read(0, file.size),
      );
      return { bytes, source: await this.#describe(file) };
    }
    const [vocabulary, merges] = (['vocabulary', 'merges'] as const).map((name) => this.#halves.get(name));
    if (!vocabulary && !merges) return undefined;
    if (!vocabulary || !merges) throw aloneError(this.#halves);
    const both = joinSources(`${vocabulary.file.name} and ${merges.file.name}`, [vocabulary.file, merges.file]);
    const pieces = { ...vocabulary.content, ...merges.content } as TokenizerPieces;
    const bytes = await inFile(both.name, () => encode(joinPieces(pieces), families));
    return { bytes, source: await this.#describe(both) };
  }

  #refuseSecond(other: Found | undefined, file: ByteSource): void {
    if (!other) return;
    throw new UsageError(
      'E_USAGE',
      `convertToModelFolder: ${other.file.name} and ${file.name} are both tokenizers, or the same half of one, and a model has ` +
        'one. Convert them into two folders.',
    );
  }
}

function encode(json: JsonObject, families: readonly Family[]): Uint8Array {
  checkFamily(json, families);
  return new TextEncoder().encode(`${JSON.stringify(json)}\n`);
}

function aloneError(halves: ReadonlyMap<PieceName, Found>): UsageError {
  const name = halves.has('merges') ? 'merges' : 'vocabulary';
  const other = name === 'merges' ? 'vocabulary' : 'merges';
  return new UsageError(
    'E_USAGE',
    `convertToModelFolder: ${halves.get(name)!.file.name} holds the ${name} of a tokenizer and not its ${other}. Name ` +
      `the file with these too, ${CALLED[other]}; both lie beside the weights.`,
  );
}
