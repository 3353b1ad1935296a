/**
 * The values that protocols 0 and 1 write as lines of text: numbers in decimal, strings with Python's escapes. Each is
 * matched against the exact form Python writes; anything else is `E_PICKLE_VALUE`.
 */
import { checkBudget } from './budgets.ts';
import { narrowInteger } from './cursor.ts';
import type { PickleMachine } from './machine.ts';

/**
 * A whole number as Python reads one from its source text: `16`, `0x10`, `1_6`. A number where it is safe, else a
 * bigint.
 */
export function parseIntegerLine(machine: PickleMachine, line: string): number | bigint {
  const [, sign, digits] = INTEGER.exec(line) ?? [];
  if (digits === undefined) throw badValue(machine, 'an integer', line);
  return toInteger(machine, sign === '-', digits);
}

/** INT: C's spelling first, in which 010 is eight and two characters that say 0 or 1 are a boolean, then Python's. */
export function parseIntLine(machine: PickleMachine, line: string): boolean | number | bigint {
  const [, sign, octal] = /^[\t-\r ]*([+-]?)0([0-7]+)$/.exec(line) ?? [];
  const value = octal === undefined ? parseIntegerLine(machine, line) : toInteger(machine, sign === '-', `0o${octal}`);
  return /^[^][^\t-\r ]$/.test(line) && (value === 0 || value === 1) ? value === 1 : value;
}

/** PUT and GET: a whole number in decimal. */
export function parseIndexLine(machine: PickleMachine, line: string): number {
  const [, sign, digits] = /^[\t-\r ]*([+-]?)(\d+(?:_\d+)*)[\t-\r ]*$/.exec(line) ?? [];
  if (digits === undefined || (sign === '-' && /[1-9]/.test(digits)))
    throw machine.error('E_PICKLE_MEMO', `names memo entry ${JSON.stringify(line.slice(0, 40))}`);
  return Number(toInteger(machine, false, digits));
}

/** Sign and digits, in one of four bases; zeros may not lead a decimal. */
const INTEGER =
  /^[\t-\r ]*([+-]?)(0x_?[\da-f]+(?:_[\da-f]+)*|0o_?[0-7]+(?:_[0-7]+)*|0b_?[01]+(?:_[01]+)*|0+(?:_0+)*|[1-9]\d*(?:_\d+)*)[\t-\r ]*$/i;

function toInteger(machine: PickleMachine, isNegative: boolean, text: string): number | bigint {
  // No digit carries more than half a byte; the conversion's time grows with the square of the length.
  const isDecimal = !/^0[xob]/i.test(text);
  checkBudget(machine.budgets, 'integerBytes', Math.floor(text.length / (isDecimal ? 2.41 : 2)), machine.offset);
  const value = BigInt(text.replaceAll('_', ''));
  return narrowInteger(isNegative ? -value : value);
}

/** FLOAT: as C's `strtod`, without its hexadecimals; what is too large is refused. */
export function parseFloatLine(machine: PickleMachine, line: string): number {
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(line)) {
    const value = Number(line);
    if (Number.isFinite(value)) return value;
  }
  const [, sign, special] = /^([+-]?)(nan|inf|infinity)$/i.exec(line) ?? [];
  if (special === undefined) throw badValue(machine, 'a number', line);
  if (/^n/i.test(special)) return NaN;
  return sign === '-' ? -Infinity : Infinity;
}

/** STRING: a quoted Python 2 string. A lone backslash at its end and `\x` without two digits are no escapes. */
export function unescapeString(machine: PickleMachine, line: string): string {
  const quoted = /^(['"])(.*)\1$/s.exec(line);
  if (!quoted) throw badValue(machine, 'a quoted string', line);
  return quoted[2]!.replace(/\\(x[0-9a-f]{2}|[0-7]{1,3}|[^]|$)/gi, (whole, code: string) => {
    const simple = SIMPLE_ESCAPES.get(code);
    if (simple !== undefined) return simple;
    if (/^x../i.test(code) && code[0] === 'x') return String.fromCharCode(parseInt(code.slice(1), 16));
    if (/^[0-7]/.test(code)) return String.fromCharCode(parseInt(code, 8) & 0xff);
    if (code === '' || code === 'x') throw badValue(machine, 'an escape', whole);
    return whole;
  });
}

/**
 * UNICODE: Python's raw-unicode-escape, in which only `\uXXXX` and `\UXXXXXXXX` are escapes. A backslash before another
 * character is itself, together with that character, which so begins no escape.
 */
export function unescapeUnicode(machine: PickleMachine, line: string): string {
  return line.replace(/\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|[^])/g, (whole, short?: string, long?: string) => {
    const digits = short ?? long;
    if (digits === undefined) {
      if (/[uU]/.test(whole)) throw badValue(machine, 'an escape of four or eight digits', whole);
      return whole;
    }
    const code = parseInt(digits, 16);
    if (code > 0x10ffff) throw badValue(machine, 'a character', `U+${digits}`);
    return String.fromCodePoint(code);
  });
}

const SIMPLE_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\\', '\\'],
  ["'", "'"],
  ['"', '"'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['v', '\v'],
]);

function badValue(machine: PickleMachine, wanted: string, line: string): Error {
  return machine.error('E_PICKLE_VALUE', `wants ${wanted} and finds ${JSON.stringify(line.slice(0, 40))}`);
}
