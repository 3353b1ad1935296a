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

/** What each setting may be, whoever gives it. */
export const SAMPLING_RULES: Readonly<
  Record<keyof SamplingDefaults, { readonly wanted: string; readonly isValid: (value: number) => boolean }>
> = {
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
    if (!isSetting(name)) throw samplingError(`there is no setting ${name.slice(0, 40)}`);
    const { wanted, isValid } = SAMPLING_RULES[name];
    if (typeof value !== 'number' || !isValid(value)) {
      const got = typeof value === 'object' && value !== null ? 'no plain value' : String(value).slice(0, 40);
      throw samplingError(`${name} should be ${wanted}, and is ${got}`);
    }
    result[name] = value;
  }
  return result;
}

function isSetting(name: string): name is keyof SamplingDefaults {
  return Object.hasOwn(SAMPLING_RULES, name);
}

function samplingError(what: string): FormatError {
  const names = Object.keys(SAMPLING_RULES).join(', ');
  return new FormatError(
    'E_SAMPLING',
    `readSamplingDefaults: ${what}. A model's sampling defaults are ${names}; correct them in model.json, or convert the ` +
      'model again.',
  );
}
