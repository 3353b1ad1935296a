/** The flags of `generate` and `complete` that say how tokens are drawn. */
import { UsageError } from '../base/errors.ts';
import { SETTING_RULES } from '../nets/sampling/settings.ts';
import type { Dalle, SamplingSettings } from '../node.ts';
import { OutOfRange, type Option, type Switch } from './arguments.ts';
import { readNumber } from './flags.ts';

export const samplingFlags: {
  readonly count: Option<number>;
  readonly seed: Option<number>;
  readonly temperature: Option<number>;
  readonly topK: Option<number>;
  readonly topP: Option<number>;
  readonly guidance: Option<number>;
} = {
  count: { short: 'n', value: 'N', help: 'pictures to draw for a text [4]', parse: parseSetting('count') },
  seed: {
    value: 'N',
    help: 'picture i is drawn with seed N + i [a random one, which is told]',
    parse: parseSetting('seed'),
  },
  temperature: {
    value: 'T',
    help: 'below 1 the likely becomes likelier [1, or what the model says]',
    parse: parseSetting('temperature'),
  },
  topK: {
    value: 'K',
    help: 'draw from the K likeliest tokens; 1 is greedy [all, or what the model says]',
    parse: parseSetting('topK'),
  },
  topP: {
    value: 'P',
    help: 'draw from the likeliest tokens that have this share of the probability [1, or what the model says]',
    parse: parseSetting('topP'),
  },
  guidance: {
    value: 'S',
    help: 'follow the text this much; beyond 1, more than the transformer would [1, or what the model says]',
    parse: parseSetting('guidance'),
  },
};

export const truncateFlag: Switch = { help: 'cut a text that is too long' };

/** What was typed of the settings; those left out are the model's, or the general ones. */
export type SamplingFlags = { readonly [Name in keyof SamplingSettings]-?: number | undefined };

/** The settings that were typed. */
export function readSampling(flags: SamplingFlags): Partial<SamplingSettings> {
  const { count, seed, temperature, topK, topP, guidance } = flags;
  const all = Object.entries({ count, seed, temperature, topK, topP, guidance });
  return Object.fromEntries(all.filter(([, value]) => value !== undefined));
}

/**
 * The settings that a model draws with.
 *
 * @throws UsageError `E_SAMPLING` for more likeliest tokens than it has
 */
export function completeSettings(command: string, dalle: Dalle, sampling: Partial<SamplingSettings>): SamplingSettings {
  const { topK = 0 } = sampling;
  const { imageVocabulary } = dalle.transformer;
  if (topK <= imageVocabulary) return dalle.settingsFor(sampling);
  throw new UsageError(
    'E_SAMPLING',
    `${command}: --top-k is ${topK}, and the image vocabulary of this model has only ${imageVocabulary} tokens. All of them ` +
      'are drawn from without --top-k.',
  );
}

function parseSetting(name: keyof SamplingSettings): (text: string) => number {
  const { wanted, isValid } = SETTING_RULES[name];
  return (text) => {
    const value = readNumber(text);
    if (value === undefined) throw new Error(wanted);
    if (isValid(value)) return value;
    throw new OutOfRange('E_SAMPLING', name === 'temperature' ? `${wanted} (the likeliest alone: --top-k 1)` : wanted);
  };
}
