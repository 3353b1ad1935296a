/** Drawing tokens: what dalle-gl exports of this folder. */
export { candidateSeed, chooseSeed, createRandom, SEEDS, uniformAt, type Random } from './random.ts';
export { logProbabilityOf, sampleToken, type DrawnToken, type TokenLogits } from './sample-token.ts';
export {
  DEFAULT_SAMPLING,
  formatSampling,
  parseSampling,
  resolveSampling,
  SETTING_RULES,
  type SamplingSettings,
  type SettingRule,
} from './settings.ts';
