/**
 * `vocab.json` and `merges.txt` as one `tokenizer.json`. Programs of several kinds write such pairs, which look alike
 * and mean different things; which one is meant is told by the marks among the tokens.
 */
import { writeCharBpe } from '../../nets/tokenizer/char-bpe-form.ts';
import { CLIP_MARKS, listClipTokens, writeClip } from '../../nets/tokenizer/clip-form.ts';
import { MIN_DALLE, readMinDalleModel } from '../../nets/tokenizer/min-dalle-form.ts';
import { tokenizerError, type JsonObject } from '../../nets/tokenizer/vocabulary.ts';
import type { TokenizerPieces } from './tokenizer-piece.ts';

/** A kind of pairs. */
interface Dialect {
  readonly name: string;
  /** Tokens that every such vocabulary has. */
  readonly marks: readonly string[];
  /** Whether tokens at the end of a word say so, with `</w>`. */
  readonly marksEnds: boolean;
  /** The JSON of the file; throws `E_TOKENIZER_FILE`. */
  write(pieces: TokenizerPieces): JsonObject;
}

const DIALECTS: readonly Dialect[] = [
  {
    name: 'min-dalle’s, which is BART’s',
    marks: ['<s>', '</s>', '<unk>', 'Ġ'],
    marksEnds: false,
    write: ({ vocabulary, merges }) => {
      const model = { type: MIN_DALLE, vocab: vocabulary, merges: merges.map((pair) => pair.join(' ')) };
      readMinDalleModel(model);
      return { version: '1.0', model };
    },
  },
  {
    name: 'CLIP’s',
    marks: CLIP_MARKS,
    marksEnds: true,
    write: ({ vocabulary, merges }) => {
      const { tokens } = listClipTokens(merges);
      const isSame =
        tokens.length === Object.keys(vocabulary).length && tokens.every((token, id) => vocabulary[token] === id);
      if (!isSame) throw tokenizerError('its vocabulary is not the one that CLIP has for these merges');
      return writeClip(merges);
    },
  },
  {
    name: 'minDALL-E’s',
    marks: ['[UNK]'],
    marksEnds: true,
    write: ({ vocabulary, merges }) => writeCharBpe(vocabulary, merges),
  },
];

/**
 * The JSON of the `tokenizer.json`; the same two files always give the same.
 *
 * @throws FormatError `E_TOKENIZER_FILE` for files of no kind that is known, and where they do not fit together
 */
export function joinPieces(pieces: TokenizerPieces): JsonObject {
  const tokens = Object.keys(pieces.vocabulary);
  const known = new Set(tokens);
  const marksEnds = tokens.some((token) => token.endsWith('</w>'));
  const found = DIALECTS.filter(
    (dialect) => dialect.marksEnds === marksEnds && dialect.marks.every((mark) => known.has(mark)),
  );
  const [dialect] = found;
  if (dialect && found.length === 1) return dialect.write(pieces);
  const names = (found.length > 0 ? found : DIALECTS).map(({ name }) => name).join(', ');
  throw tokenizerError(
    found.length > 0
      ? `its vocabulary and merges could be of several kinds: ${names}`
      : `its vocabulary and merges are of none of the kinds that dalle-gl knows: ${names}. Others come as tokenizer.json`,
  );
}
