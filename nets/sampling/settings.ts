/**
 * How tokens are drawn, as a person asks for it, and as a picture remembers it, so that it can be drawn again.
 */
import { checkObject, checkText } from '../../base/check-argument.ts';
import { FormatError, UsageError } from '../../base/errors.ts';
import { parseJson } from '../../base/parse-json.ts';
import { findFault, SAMPLING_RULES, type SettingRule } from './defaults.ts';
import { chooseSeed, SEEDS } from './random.ts';

/** How tokens are drawn. */
export interface SamplingSettings {
  /** Above 0, at most 100: below 1 the likely tokens become likelier, above 1 less so. */
  readonly temperature: number;
  /** Draw from so many of the likeliest tokens, 1 to the image vocabulary; 1 is greedy. All of them if left out. */
  readonly topK?: number;
  /** Draw from the likeliest tokens that have this share of the probability, above 0, at most 1. */
  readonly topP: number;
  /** 0 to 100: how far to go beyond what the text adds, u + s · (c − u). 1 is what the transformer says. */
  readonly guidance: number;
  /** Integer 0 … 2³² − 1, a random one if left out. Candidate i has seed + i. */
  readonly seed: number;
  /** Candidates, 1 to 1024. */
  readonly count: number;
}

/** What holds where neither a person nor the model says anything. There is no default seed: each call gets its own. */
export const DEFAULT_SAMPLING: Omit<SamplingSettings, 'seed' | 'topK'> = {
  temperature: 1,
  topP: 1,
  guidance: 1,
  count: 4,
};

const MAX_COUNT = 1024;

export const SETTING_RULES: Readonly<Record<keyof SamplingSettings, SettingRule>> = {
  ...SAMPLING_RULES,
  seed: { wanted: `an integer from 0 to ${SEEDS - 1}`, isValid: (value) => isInteger(value, 0, SEEDS - 1) },
  count: { wanted: `an integer from 1 to ${MAX_COUNT}`, isValid: (value) => isInteger(value, 1, MAX_COUNT) },
};

/**
 * Complete settings from what was asked for; a model's own defaults go in front of it:
 * `resolveSampling({ ...model.sampling, ...options })`. A seed that was not asked for is random: read it in the result.
 *
 * @throws UsageError `E_SAMPLING` for a value out of range, NaN, or a setting that does not exist
 */
export function resolveSampling(options: Partial<SamplingSettings> = {}): SamplingSettings {
  checkObject('resolveSampling', 'options', options);
  const fault = findFirstFault(options);
  if (fault !== undefined) throw samplingError(fault);
  return { ...DEFAULT_SAMPLING, seed: options.seed ?? chooseSeed(), ...options };
}

/**
 * The settings that a picture carries, JSON of them all.
 *
 * @throws FormatError `E_SAMPLING` for anything else
 */
export function parseSampling(text: string): SamplingSettings {
  checkText('parseSampling', 'text', text);
  const options = parseObject(text);
  const missing = [...Object.keys(DEFAULT_SAMPLING), 'seed'].find((name) => !Object.hasOwn(options, name));
  const fault = missing === undefined ? findFirstFault(options) : `${missing} is missing`;
  if (fault === undefined) return resolveSampling(options);
  throw new FormatError(
    'E_SAMPLING',
    `parseSampling: ${fault}, in ${JSON.stringify(text.slice(0, 60))}. The settings in a picture of dalle-gl are JSON of ` +
      `${Object.keys(SETTING_RULES).join(', ')}; these were edited, or are of another program.`,
  );
}

/** An error about a setting that was asked for. */
export function samplingError(fault: string): UsageError {
  return new UsageError('E_SAMPLING', `sampling: ${fault}. For the likeliest token at each place, ask for topK 1.`);
}

function findFirstFault(options: object): string | undefined {
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    if (!isSetting(name))
      return `there is no setting ${name.slice(0, 40)}, only ${Object.keys(SETTING_RULES).join(', ')}`;
    const fault = findFault(name, SETTING_RULES[name], value);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function isSetting(name: string): name is keyof SamplingSettings {
  return Object.hasOwn(SETTING_RULES, name);
}

function isInteger(value: number, lowest: number, highest: number): boolean {
  return Number.isInteger(value) && value >= lowest && value <= highest;
}

function parseObject(text: string): object {
  try {
    const value: unknown = parseJson(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    // Nothing that could be asked for: the first setting is reported as missing.
    return {};
  }
}
