/**
 * The words of a command line, read by a table: each command declares its flags once, and parsing, the types of the
 * values, `--help` (help.ts) and the suggestion for a mistyped flag all come from that table. Splitting into words is
 * `node:util`'s parseArgs.
 */
import { parseArgs } from 'node:util';
import { UsageError } from '../base/errors.ts';
import { findNearest } from './nearest.ts';

/** A flag that is there or not. */
export interface Switch {
  readonly help: string;
  readonly short?: string;
}

/**
 * A value of the right form that cannot be. Its message says what was wanted; the flag as it was typed and the value
 * are put around it here. Any other Error that `parse` throws is `E_FLAG_VALUE`.
 */
export class OutOfRange extends Error {
  readonly code: string;

  constructor(code: string, wanted: string) {
    super(wanted);
    this.code = code;
  }
}

/** A flag with a value. `parse` throws an Error whose message says what was wanted. */
export interface Option<Value> extends Switch {
  /** How `--help` calls the value: `DIR`. */
  readonly value: string;
  parse(text: string): Value;
  /**
   * Takes any text, such as a name: one that begins with a dash is a forgotten value. Others may be negative numbers.
   */
  readonly isText?: true;
  /** A command without it is exit 2. */
  readonly required?: true;
  /** May be given several times: its value is the list of them all. */
  readonly many?: true;
}

/** Flags by camel-case name: `dryRun` is typed `--dry-run`. */
export type FlagTable = Readonly<Record<string, Switch | Option<unknown>>>;

/** What was typed: true or false for a switch; for an option its value or values, undefined when it was left out. */
export type FlagValues<Flags extends FlagTable> = {
  readonly [Name in keyof Flags]: Flags[Name] extends Option<infer Value>
    ? Flags[Name] extends { readonly required: true }
      ? Value
      : Flags[Name] extends { readonly many: true }
        ? readonly Value[] | undefined
        : Value | undefined
    : boolean;
};

interface ParsedWords<Flags extends FlagTable> {
  readonly flags: FlagValues<Flags>;
  /** The words that are no flags, in order. */
  readonly operands: readonly string[];
}

/** `dryRun` → `--dry-run`. */
export function flagWord(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/**
 * Reads the words after the command's name.
 *
 * @param command its name, for messages
 * @throws UsageError `E_FLAG_UNKNOWN`, `E_FLAG_VALUE`, `E_FLAG_MISSING`, and the codes of OutOfRange
 */
export function parseWords<Flags extends FlagTable>(
  command: string,
  table: Flags,
  words: readonly string[],
): ParsedWords<Flags> {
  const names = new Map(Object.keys(table).map((name) => [flagWord(name).slice(2), name]));
  const options = Object.fromEntries([...names].map(([word, name]) => [word, toParseArgs(table[name]!)]));
  const { tokens } = parseArgs({ args: [...words], options, strict: false, allowPositionals: true, tokens: true });
  const flags: Record<string, unknown> = Object.fromEntries(
    [...names.values()].map((name) => [name, isOption(table[name]!) ? undefined : false]),
  );
  const operands: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value);
    if (token.kind !== 'option') continue;
    const name = names.get(token.name);
    if (name === undefined) throw unknownFlag(command, words[token.index]!, [...names.keys()]);
    const flag = table[name]!;
    const value = readValue(command, token, table, flag);
    const several = 'many' in flag;
    if (isOption(flag) && !several && flags[name] !== undefined) throw givenTwice(command, token.rawName);
    flags[name] = several ? [...((flags[name] as unknown[] | undefined) ?? []), value] : value;
  }
  checkRequired(command, table, flags);
  return { flags: flags as FlagValues<Flags>, operands };
}

export function isOption(flag: Switch | Option<unknown>): flag is Option<unknown> {
  return 'parse' in flag;
}

function toParseArgs(flag: Switch | Option<unknown>): { type: 'string' | 'boolean'; short?: string } {
  return { type: isOption(flag) ? 'string' : 'boolean', ...(flag.short && { short: flag.short }) };
}

interface FlagToken {
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function readValue(
  command: string,
  { rawName, value, inlineValue = false }: FlagToken,
  table: FlagTable,
  flag: Switch | Option<unknown>,
): unknown {
  if (!isOption(flag)) {
    if (value === undefined) return true;
    throw badValue(command, rawName, `takes no value, but ${quote(value)} was given`);
  }
  const wants = `wants ${flag.value} after it`;
  if (value === undefined) throw badValue(command, rawName, wants);
  if (value === '') throw badValue(command, rawName, `${wants}, but an empty word was given`);
  if (!inlineValue && looksLikeFlag(value, table, flag)) {
    throw badValue(command, rawName, `${wants}, but ${quote(value)} looks like a flag`);
  }
  if (inlineValue && value.startsWith('=') && !rawName.startsWith('--')) {
    throw badValue(command, rawName, `${wants} and no equals sign, but ${quote(value)} was given`);
  }
  try {
    return flag.parse(value);
  } catch (error) {
    // One of ours says it all, such as an address that nothing here reads.
    if (error instanceof UsageError || !(error instanceof Error)) throw error;
    const code = error instanceof OutOfRange ? error.code : 'E_FLAG_VALUE';
    throw badValue(command, rawName, `wants ${error.message}, but ${quote(value)} was given`, code);
  }
}

/**
 * `-o --json` forgot a value; `-o -` means the standard stream, and `--output=-x` is explicit. Values that are no free
 * text, such as numbers, may be negative: whether they may is for their flag to say.
 */
function looksLikeFlag(value: string, table: FlagTable, { isText }: Option<unknown>): boolean {
  if (value.length < 2 || !value.startsWith('-')) return false;
  return isText === true || value[1] === '-' || Object.values(table).some(({ short }) => short === value[1]);
}

function checkRequired(command: string, table: FlagTable, flags: Readonly<Record<string, unknown>>): void {
  for (const [name, flag] of Object.entries(table)) {
    if (!isOption(flag) || !flag.required || flags[name] !== undefined) continue;
    throw new UsageError(
      'E_FLAG_MISSING',
      `${command}: ${flagWord(name)} ${flag.value} is needed. ${seeHelp(command)}`,
    );
  }
}

/** @param word as it was typed, with what follows an equals sign */
function unknownFlag(command: string, word: string, known: readonly string[]): UsageError {
  const typed = word.startsWith('--') ? word.replace(/=.*$/s, '') : word;
  const nearest = findNearest(typed.replace(/^-+/, ''), known);
  const suggestion = nearest === undefined ? '' : ` Did you mean --${nearest}?`;
  const advice = typed.startsWith('--') ? '' : ' What begins with - and is no flag goes behind --.';
  return new UsageError(
    'E_FLAG_UNKNOWN',
    `${command}: there is no flag ${shorten(typed)}.${suggestion}${advice} ${seeHelp(command)}`,
  );
}

/** The first would be forgotten, or the second: nobody knows which was meant. */
function givenTwice(command: string, flag: string): UsageError {
  return badValue(command, flag, 'was given before, and only one can count');
}

function badValue(command: string, flag: string, what: string, code = 'E_FLAG_VALUE'): UsageError {
  return new UsageError(code, `${command}: ${flag} ${what}. ${seeHelp(command)}`);
}

function quote(value: string): string {
  return JSON.stringify(shorten(value));
}

/** A word as messages show it. */
export function shorten(word: string): string {
  return word.length > 60 ? `${word.slice(0, 60)}…` : word;
}

export function seeHelp(command: string): string {
  return `See: dalle-gl ${command} --help`;
}
