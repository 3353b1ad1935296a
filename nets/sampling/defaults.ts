/**
 * The settings that suit a model's transformer when tokens are drawn, as `model.json` may carry them. What a person
 * asks for always wins.
 */
import { FormatError } from '../../base/errors.ts';

/** Everything may be left out; then the general default holds. */
export interface SamplingDefaults {
  /** Above 0; 1 draws as the transformer was trained. */
  readonly temperature?: number;
  /** Only the so many likeliest tokens are drawn from. */
  readonly topK?: number;
  /** Only the likeliest tokens that together have this probability, above 0 and at most 1. */
  readonly topP?: number;
  /** How far the text is followed beyond what the transformer says: 1 is not at all beyond. */
  readonly guidance?: number;
}

/** What a setting may be. */
export interface SettingRule {
  /** In words: `a number above 0, at most 1`. */
  readonly wanted: string;
  isValid(value: number): boolean;
}

/** What each setting may be, whoever gives it. */
export const SAMPLING_RULES: Readonly<Record<keyof SamplingDefaults, SettingRule>> = {
  temperature: { wanted: 'a number above 0, at most 100', isValid: (value) => value > 0 && value <= 100 },
  topK: {
    wanted: 'an integer from 1 to 1048576',
    isValid: (value) => Number.isInteger(value) && value >= 1 && value <= 2 ** 20,
  },
  topP: { wanted: 'a number above 0, at most 1', isValid: (value) => value > 0 && value <= 1 },
  guidance: { wanted: 'a number from 0 to 100', isValid: (value) => value >= 0 && value <= 100 },
};

/**
 * Checks settings that a file or a caller gave.
 *
 * @throws FormatError `E_SAMPLING` for an unknown setting or a value out of range
 */
export function readSamplingDefaults(settings: Iterable<readonly [string, unknown]>): SamplingDefaults {
  const result: { -readonly [Name in keyof SamplingDefaults]: SamplingDefaults[Name] } = {};
  for (const [name, value] of settings) {
    if (!isSetting(name)) throw defaultsError(`there is no setting ${name.slice(0, 40)}`);
    const fault = findFault(name, SAMPLING_RULES[name], value);
    if (fault !== undefined) throw defaultsError(fault);
    result[name] = value as number;
  }
  return result;
}

/** What is wrong with the value of a setting; undefined if nothing is. */
export function findFault(name: string, { wanted, isValid }: SettingRule, value: unknown): string | undefined {
  if (typeof value === 'number' && isValid(value)) return undefined;
  const got = typeof value === 'object' && value !== null ? 'no plain value' : String(value).slice(0, 40);
  return `${name} should be ${wanted}, and is ${got}`;
}

function isSetting(name: string): name is keyof SamplingDefaults {
  return Object.hasOwn(SAMPLING_RULES, name);
}

function defaultsError(what: string): FormatError {
  const names = Object.keys(SAMPLING_RULES).join(', ');
  return new FormatError(
    'E_SAMPLING',
    `readSamplingDefaults: ${what}. A model's sampling defaults are ${names}; correct them in model.json, or convert the ` +
      'model again.',
  );
}
