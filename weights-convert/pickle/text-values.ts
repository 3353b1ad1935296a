/**
 * The values that protocols 0 and 1 write as lines of text: numbers in decimal, strings with Python's escapes. Each is
 * matched against the exact form Python writes; anything else is `E_PICKLE_VALUE`.
 */
import { checkBudget } from './budgets.ts';
import { narrowInteger } from './cursor.ts';
import type { PickleMachine } from './machine.ts';

/** A decimal integer; a number where it is safe, else a bigint. */
export function parseIntegerLine(machine: PickleMachine, line: string): number | bigint {
  if (!/^[+-]?\d+$/.test(line)) throw badValue(machine, 'an integer', line);
  // A decimal digit carries under half a byte; the conversion's time grows with the square of the length.
  checkBudget(machine.budgets, 'integerBytes', Math.floor(line.length / 2.41), machine.offset);
  return narrowInteger(BigInt(line.replace('+', '')));
}

/** What Python's `repr` of a float looks like. */
export function parseFloatLine(machine: PickleMachine, line: string): number {
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(line)) return Number(line);
  const special = { nan: NaN, '-nan': NaN, inf: Infinity, '-inf': -Infinity }[line];
  if (special === undefined) throw badValue(machine, 'a number', line);
  return special;
}

/** STRING: a quoted Python 2 string. */
export function unescapeString(machine: PickleMachine, line: string): string {
  const quoted = /^(['"])(.*)\1$/s.exec(line);
  if (!quoted) throw badValue(machine, 'a quoted string', line);
  return quoted[2]!.replace(/\\(x[0-9a-f]{2}|[0-7]{1,3}|.)/gis, (whole, code: string) => {
    const simple = SIMPLE_ESCAPES.get(code);
    if (simple !== undefined) return simple;
    if (/^x..$/i.test(code)) return String.fromCharCode(parseInt(code.slice(1), 16));
    if (/^[0-7]/.test(code)) return String.fromCharCode(parseInt(code, 8) & 0xff);
    return whole;
  });
}

/** UNICODE: Python's raw-unicode-escape, in which only `\uXXXX` and `\UXXXXXXXX` are escapes. */
export function unescapeUnicode(machine: PickleMachine, line: string): string {
  return line.replace(/\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/g, (_, short?: string, long?: string) => {
    const code = parseInt(short ?? long!, 16);
    if (code > 0x10ffff) throw badValue(machine, 'a character', `U+${long}`);
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
