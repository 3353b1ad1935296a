/** The flags of `generate` and `complete` that say how tokens are drawn. */
import { resolveSampling, type SamplingSettings } from '../node.ts';
import type { Option, Switch } from './arguments.ts';

export const samplingFlags: {
  readonly count: Option<number>;
  readonly seed: Option<number>;
  readonly temperature: Option<number>;
  readonly topK: Option<number>;
  readonly topP: Option<number>;
  readonly guidance: Option<number>;
} = {
  count: { short: 'n', value: 'N', help: 'pictures to draw [4]', parse: parseNumber },
  seed: { value: 'N', help: 'picture i is drawn with seed N + i [1]', parse: parseNumber },
  temperature: {
    value: 'T',
    help: 'below 1 the likely becomes likelier [1, or what the model says]',
    parse: parseNumber,
  },
  topK: {
    value: 'K',
    help: 'draw from the K likeliest tokens; 1 is greedy [all, or what the model says]',
    parse: parseNumber,
  },
  topP: {
    value: 'P',
    help: 'draw from the likeliest tokens that have this share of the probability [1, or what the model says]',
    parse: parseNumber,
  },
  guidance: {
    value: 'S',
    help: 'follow the text this much; beyond 1, more than the transformer would [1, or what the model says]',
    parse: parseNumber,
  },
};

export const truncateFlag: Switch = { help: 'cut a text that is too long' };

/** What was typed of the settings; those left out are the model's, or the general ones. */
export type SamplingFlags = { readonly [Name in keyof SamplingSettings]-?: number | undefined };

/** Throws UsageError `E_SAMPLING` for what no model takes. */
export function readSampling(flags: SamplingFlags): Partial<SamplingSettings> {
  const { count, seed, temperature, topK, topP, guidance } = flags;
  const all = Object.entries({ count, seed, temperature, topK, topP, guidance });
  const typed = Object.fromEntries(all.filter(([, value]) => value !== undefined));
  resolveSampling(typed);
  return typed;
}

function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new Error('a number');
}
