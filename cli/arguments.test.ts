import { expect, test } from 'vitest';
import { DalleError, UsageError } from '../base/errors.ts';
import { flagWord, parseWords, type Option, type Switch } from './arguments.ts';
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

test('a required flag that is missing is refused', () => {
  const needed = { output: { ...output, required: true } } as const;
  expect(() => parseWords('test', needed, [])).toThrow('--output FILE is needed');
});
