import { expect, test } from 'vitest';
import { DalleError, UsageError } from '../base/errors.ts';
import { flagWord, parseWords, type Option, type Switch } from './arguments.ts';
import { complete } from './complete.ts';
import { convert } from './convert.ts';
import { encode } from './encode.ts';
import { parseSize } from './flags.ts';

const size: Option<ReturnType<typeof parseSize>> = { value: 'SIZE', help: '', parse: parseSize };
const sideBySide: Switch = { help: '' };
const output: Option<string> = { short: 'o', value: 'FILE', help: '', parse: String };
const table = { size, sideBySide, output } as const;

function failureOf(words: readonly string[]): DalleError {
  try {
    parseWords('test', table, words);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return error as DalleError;
  }
  throw new Error(`${words.join(' ')} was accepted`);
}

test('words become typed flags and operands, in any order', () => {
  expect(parseWords('test', table, ['a', '--size', '320x200', 'b', '-o', '-', '--side-by-side', '--', '-c'])).toEqual({
    flags: { size: { width: 320, height: 200 }, sideBySide: true, output: '-' },
    operands: ['a', 'b', '-c'],
  });
  expect(parseWords('test', table, ['--size=keep', '-oout'])).toEqual({
    flags: { size: 'keep', sideBySide: false, output: 'out' },
    operands: [],
  });
});

test('a flag is typed in kebab case', () => expect(flagWord('sideBySide')).toBe('--side-by-side'));

test.each([
  [['--sise', '256'], 'E_FLAG_UNKNOWN', 'Did you mean --size?'],
  [['--wholly-other'], 'E_FLAG_UNKNOWN', 'no flag --wholly-other. See'],
  [['-x'], 'E_FLAG_UNKNOWN', 'no flag -x'],
  [['--size'], 'E_FLAG_VALUE', '--size wants SIZE after it'],
  [['--size='], 'E_FLAG_VALUE', '--size wants SIZE after it'],
  [['--size', '--side-by-side'], 'E_FLAG_VALUE', '--size wants SIZE after it'],
  [['--size', 'big'], 'E_FLAG_VALUE', 'such as 256, 320x200 or keep, but "big" was given'],
  [['--size', '256x'], 'E_FLAG_VALUE', '"256x"'],
  [['--size=-8'], 'E_FLAG_VALUE', '"-8"'],
  [['--side-by-side=yes'], 'E_FLAG_VALUE', 'takes no value'],
])('%j is refused', (words, code, text) => {
  const { code: got, message } = failureOf(words);
  expect(got).toBe(code);
  expect(message).toContain(text);
});

test.each<[string, readonly string[], string, string]>([
  [
    'a negative seed',
    ['--seed', '-5'],
    'E_SAMPLING',
    '--seed wants an integer from 0 to 4294967295, but "-5" was given',
  ],
  ['the same with =', ['--seed=-5'], 'E_SAMPLING', '--seed wants an integer from 0 to 4294967295, but "-5" was given'],
  ['a seed of 33 bits', ['--seed', '4294967296'], 'E_SAMPLING', '--seed wants an integer'],
  ['half a seed', ['--seed', '4.5'], 'E_SAMPLING', '--seed wants an integer'],
  ['no picture, short', ['-n', '0'], 'E_SAMPLING', '-n wants an integer from 1 to 1024, but "0"'],
  ['no picture, glued', ['-n0'], 'E_SAMPLING', '-n wants an integer from 1 to 1024, but "0"'],
  ['no picture, long', ['--count', '0'], 'E_SAMPLING', '--count wants an integer from 1 to 1024, but "0"'],
  ['fewer than none', ['-n', '-4'], 'E_SAMPLING', '-n wants an integer from 1 to 1024, but "-4"'],
  ['top-p 0', ['--top-p', '0'], 'E_SAMPLING', '--top-p wants a number above 0, at most 1, but "0"'],
  ['top-k 0', ['--top-k', '0'], 'E_SAMPLING', '--top-k wants an integer from 1 to 1048576, but "0"'],
  ['temperature -1', ['--temperature', '-1'], 'E_SAMPLING', '--temperature wants a number above 0, at most 100'],
  ['temperature 0', ['--temperature=0'], 'E_SAMPLING', '(the likeliest alone: --top-k 1), but "0"'],
  ['guidance -.5', ['--guidance', '-.5'], 'E_SAMPLING', '--guidance wants a number from 0 to 100, but "-.5"'],
  ['a number too large for any', ['--guidance', '1e999'], 'E_SAMPLING', '--guidance wants a number from 0 to 100'],
  ['Infinity', ['--seed', 'Infinity'], 'E_FLAG_VALUE', '--seed wants an integer from 0 to 4294967295, but "Infinity"'],
  [
    '-Infinity',
    ['--seed', '-Infinity'],
    'E_FLAG_VALUE',
    '--seed wants an integer from 0 to 4294967295, but "-Infinity"',
  ],
  ['hexadecimals', ['--seed', '0x10'], 'E_FLAG_VALUE', 'but "0x10"'],
  ['a space', ['--seed', ' 4'], 'E_FLAG_VALUE', 'but " 4"'],
  ['an underscore', ['--seed', '1_000'], 'E_FLAG_VALUE', 'but "1_000"'],
  ['two points', ['--top-p', '0.5.5'], 'E_FLAG_VALUE', '--top-p wants'],
  ['nothing', ['--seed'], 'E_FLAG_VALUE', '--seed wants N after it. See'],
  ['an empty word', ['--seed', ''], 'E_FLAG_VALUE', '--seed wants N after it, but an empty word was given'],
  ['another flag', ['--seed', '--json'], 'E_FLAG_VALUE', '--seed wants N after it, but "--json" looks like a flag'],
  ['another short flag', ['--seed', '-n4'], 'E_FLAG_VALUE', '--seed wants N after it, but "-n4" looks like a flag'],
  ['an empty name', ['-o', ''], 'E_FLAG_VALUE', '-o wants FILE|DIR after it, but an empty word was given'],
  [
    'an empty name, long',
    ['--output='],
    'E_FLAG_VALUE',
    '--output wants FILE|DIR after it, but an empty word was given',
  ],
  [
    'a name that looks like a flag',
    ['-o', '-5'],
    'E_FLAG_VALUE',
    '-o wants FILE|DIR after it, but "-5" looks like a flag',
  ],
  ['an equals sign after a short flag', ['-o=x.png'], 'E_FLAG_VALUE', '-o wants FILE|DIR after it and no equals sign'],
  ['a flag twice', ['--seed', '1', '--seed', '2'], 'E_FLAG_VALUE', '--seed was given before, and only one can count'],
  ['a flag twice, by both names', ['-o', 'a', '--output', 'b'], 'E_FLAG_VALUE', '--output was given before'],
  [
    'a part outside',
    ['--redraw', '-0.5,0,1,1'],
    'E_REGION',
    '--redraw wants four fractions of a rectangle within 0 … 1',
  ],
  ['a part of nothing', ['--keep', '0,0,0,1'], 'E_REGION', '--keep wants four fractions of a rectangle'],
  ['five numbers', ['--keep', '0,0,1,1,x'], 'E_FLAG_VALUE', '--keep wants four fractions'],
  ['a size of none', ['--size', '0'], 'E_IMAGE_SIZE', '--size wants a size in positive multiples of 8'],
  ['a size between', ['--size', '20'], 'E_IMAGE_SIZE', '--size wants a size in positive multiples of 8'],
  ['a size that is huge', ['--size', '80000x8000'], 'E_IMAGE_SIZE', 'at most 64 megapixels'],
  ['a negative size', ['--size', '-8'], 'E_FLAG_VALUE', '--size wants a size such as 256, 320x200 or keep, but "-8"'],
  ['a negative shard', ['--shard', '-5MB'], 'E_FLAG_VALUE', '--shard wants a size such as 64MB or 16MiB, but "-5MB"'],
  ['a dtype', ['--dtype', 'f8'], 'E_FLAG_VALUE', '--dtype wants f32 or f16, but "f8"'],
  ['a precision', ['--precision', 'double'], 'E_FLAG_VALUE', '--precision wants full or half, but "double"'],
  ['a device', ['--device', 'cuda'], 'E_FLAG_VALUE', '--device wants cpu, webgl, egl, egl:N'],
  ['no threads', ['--threads', '0'], 'E_FLAG_VALUE', '--threads wants a whole number from 1 to 256, but "0"'],
  ['half a thread', ['--threads', '1.5'], 'E_FLAG_VALUE', '--threads wants a whole number from 1 to 256, but "1.5"'],
  [
    'several unknown letters',
    ['-xyz'],
    'E_FLAG_UNKNOWN',
    'there is no flag -xyz. What begins with - and is no flag goes behind --.',
  ],
  ['a text that begins so', ['-5 red hearts'], 'E_FLAG_UNKNOWN', 'there is no flag -5 red hearts.'],
  ['a name of every object', ['--constructor'], 'E_FLAG_UNKNOWN', 'there is no flag --constructor'],
  ['another name of every object', ['--__proto__=1'], 'E_FLAG_UNKNOWN', 'there is no flag --__proto__.'],
])('%s: the flag is named as it was typed', (_, words, code, text) => {
  const commandOf = new Map([
    ['--shard', convert],
    ['--dtype', convert],
    ['--size', encode],
  ]);
  const { flags } = commandOf.get(words[0]!.replace(/=.*/, '')) ?? complete;
  let failure: unknown;
  try {
    parseWords('test', flags, words);
  } catch (error) {
    failure = error;
  }
  expect(failure).toBeInstanceOf(UsageError);
  expect(failure).toMatchObject({ code, message: expect.stringContaining(text) });
});

test.each([
  [['-n4', '--seed', '1e3', '--top-p', '.5', '--temperature=+2.'], { count: 4, seed: 1000, topP: 0.5, temperature: 2 }],
  [['--seed', '4294967295', '--guidance', '-0'], { seed: 4294967295, guidance: 0 }],
  [['-ofile.png', '--keep', '0, 0, .5, 1', '--keep=0.5,0,0.5,0.5'], { output: 'file.png' }],
])('%j is taken', (words, wanted) => {
  expect(parseWords('test', complete.flags, words).flags).toMatchObject(wanted);
});

test('a required flag that is missing is refused', () => {
  const needed = { output: { ...output, required: true } } as const;
  expect(() => parseWords('test', needed, [])).toThrow('--output FILE is needed');
});
