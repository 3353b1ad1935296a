/** Drawing tokens: what dalle-gl exports of this folder. */
export { candidateSeed, createRandom, SEEDS, uniformAt, type Random } from './random.ts';
export { logProbabilityOf, sampleToken, type DrawnToken, type TokenLogits } from './sample-token.ts';
export { DEFAULT_SAMPLING, formatSampling, parseSampling, resolveSampling, type SamplingSettings } from './settings.ts';
