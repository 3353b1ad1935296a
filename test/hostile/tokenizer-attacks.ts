/** Attacks on files that a tokenizer is made of: texts without end from a few lines, counts that lie, endless lists. */
import { gzipSync } from 'node:zlib';

/** Tokens each twice as long as the one before. */
function doubling(first: string, rounds: number): string {
  return Array.from({ length: rounds }, (_, round) => `${first.repeat(2 ** round)} ${first.repeat(2 ** round)}\n`).join(
    '',
  );
}

const clip = (merges: string): Uint8Array => Buffer.from(`"bpe_simple_vocab_16e6.txt#version: 0.2\n${merges}`);
const yttm = (text: string): Uint8Array => Buffer.from(text);
const doublingIds = Array.from({ length: 60 }, (_, round) => `${round + 4} ${round + 4} ${round + 5}\n`).join('');

export const tokenizerAttacks: readonly [code: string, name: string, make: () => Uint8Array][] = [
  ['E_TOKENIZER_FILE', 'CLIP: tokens that double', () => clip(doubling('a', 14))],
  ['E_TOKENIZER_FILE', 'CLIP: a merge of strangers', () => clip('aa b\n')],
  ['E_TOKENIZER_FILE', 'CLIP: two ways to a token', () => clip('a b\nb c\nab c\na bc\n')],
  ['E_TOKENIZER_FILE', 'CLIP: a merge cut in two', () => clip('a b\nc')],
  ['E_FORMAT_UNKNOWN', 'CLIP: 40 MB of nothing in 40 kB', () => gzipSync(Buffer.alloc(40 * 2 ** 20))],
  ['E_FORMAT_UNKNOWN', 'CLIP: gzip cut short', () => gzipSync(clip(doubling('a', 8))).subarray(0, 60)],
  ['E_TOKENIZER_FILE', 'CLIP: packed strangers', () => gzipSync(clip('aa b\n'))],
  ['E_TOKENIZER_FILE', 'merges: eight million lines', () => Buffer.from(`#version: 0.2\n${'\n'.repeat(2 ** 23)}`)],
  ['E_TOKENIZER_FILE', 'merges: of three', () => Buffer.from('#version: 0.2\na b c\n')],
  [
    'E_TOKENIZER_FILE',
    'vocabulary: a million tokens',
    () => Buffer.from(`{${Array.from({ length: 2 ** 20 }, (_, id) => `"${id.toString(36)}":${id}`).join()}}`),
  ],
  ['E_FORMAT_UNKNOWN', 'vocabulary: a token twice', () => Buffer.from('{"<s>":0,"\\u003cs>":1}')],
  ['E_FORMAT_UNKNOWN', 'vocabulary: an id beyond all numbers', () => Buffer.from('{"<s>":99999999999999999999}')],
  ['E_TOKENIZER_FILE', 'yttm: tokens that double', () => yttm(`1 60\n9601 4\n${doublingIds}1 0 2 3\n`)],
  ['E_TOKENIZER_FILE', 'yttm: counts that lie', () => yttm('9999999 9999999\n9601 4\n1 0 2 3\n')],
  ['E_TOKENIZER_FILE', 'yttm: 16 MB of numbers for one letter', () => yttm(`1 0\n9601 4\n${'1 '.repeat(2 ** 22)}`)],
  ['E_TOKENIZER_FILE', 'yttm: 5 million letters of nothing', () => yttm(`5000000 0\n9601 4\n${'1 '.repeat(2 ** 22)}`)],
  ['E_TOKENIZER_FILE', 'yttm: half a letter', () => yttm('2 0\n9601 4\n55357 5\n1 0 2 3\n')],
  ['E_TOKENIZER_FILE', 'yttm: a merge of what comes later', () => yttm('1 2\n9601 4\n5 4 6\n4 4 5\n1 0 2 3\n')],
];
