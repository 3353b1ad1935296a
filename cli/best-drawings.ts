/**
 * The best of many drawings, as the paper chose its own (Zero-Shot Text-to-Image Generation, §2.6): CLIP compares each
 * with the text as it was typed, and those that go with it best are kept, the best first.
 */
import { UsageError } from '../base/errors.ts';
import { candidateSeed } from '../nets/sampling/random.ts';
import { DEFAULT_SAMPLING } from '../nets/sampling/settings.ts';
import type { Clip, Dalle, GenerateOptions, GenerateStep, Picture, TokenGrid } from '../node.ts';
import { seeHelp, type Option } from './arguments.ts';
import { clipFlag, openClipOn, showComparing } from './clip-session.ts';
import type { DalleSession, WeightHashes } from './dalle-session.ts';
import type { NetFlags } from './session.ts';
import type { Terminal } from './terminal.ts';

export const bestFlags: { readonly best: Option<number>; readonly clip: Option<string> } = {
  best: {
    value: 'N',
    help: 'keep the N of -n that go with the text best, the best first; --clip compares them [all, as they were drawn]',
    parse: parseBest,
  },
  clip: { ...clipFlag, help: 'what compares them: a model folder of a CLIP, or the address of one' },
};

export interface BestFlags {
  readonly best: number | undefined;
  readonly clip: string | undefined;
}

/** What a drawing remembers of how it was chosen. */
export interface Chosen {
  /** Numbers of the candidates that were kept, the best first: that of number i was drawn with seed + i. */
  readonly kept: readonly number[];
  /** Their cosines with the text. */
  readonly scores: readonly number[];
  /** SHA-256 of the CLIP's files. */
  readonly weights: WeightHashes;
}

/** Those that were kept, and the scores of all in the order they were drawn. */
interface Choice {
  readonly best: Chosen;
  readonly all: readonly number[];
}

/** What chooses among the drawings of a text. */
export interface Chooser {
  /** Throws UsageError `E_TEXT_TOO_LONG` for a text that CLIP does not read, before anything is drawn. */
  check(text: string): Promise<void>;
  choose(text: string, pictures: readonly Picture[]): Promise<Choice>;
}

/** How many are kept of how many; all where nothing is said. Throws UsageError `E_FLAG_VALUE`. */
export function countKept({ best, clip, count = DEFAULT_SAMPLING.count }: BestFlags & { count?: number }): number {
  if (best === undefined && clip === undefined) return count;
  if (best === undefined || clip === undefined) {
    const [given, wanted] = best === undefined ? ['--clip', '--best N'] : ['--best', '--clip DIR, which compares them'];
    throw new UsageError('E_FLAG_VALUE', `generate: ${given} wants ${wanted}. ${seeHelp('generate')}`);
  }
  if (best <= count) return best;
  throw new UsageError(
    'E_FLAG_VALUE',
    `generate: --best ${best} of ${count} cannot be kept. Draw more, as in -n ${8 * best} --best ${best}.`,
  );
}

/** Runs `work` with what chooses, where something does. */
export async function withChooser<Result>(
  { flags, session, truncate }: { flags: NetFlags & BestFlags; session: DalleSession; truncate: boolean },
  terminal: Terminal,
  work: (chooser: Chooser | undefined) => Promise<Result>,
): Promise<Result> {
  const { best, clip: folder } = flags;
  if (best === undefined || folder === undefined) return work(undefined);
  const { clip, weights } = await openClipOn(session.device, folder, flags, terminal);
  try {
    return await work(makeChooser(clip, { best, weights, truncate, quiet: flags.quiet }, terminal));
  } finally {
    await clip.dispose();
  }
}

function makeChooser(
  clip: Clip,
  { best, weights, truncate, quiet }: { best: number; weights: WeightHashes; truncate: boolean; quiet: boolean },
  terminal: Terminal,
): Chooser {
  const { signal } = terminal;
  return {
    async check(text) {
      await clip.tokenize(text, { truncate });
    },
    async choose(text, pictures) {
      const ranked = await showComparing(terminal, quiet, (onProgress) =>
        clip.rank(text, pictures, { truncate, signal, onProgress }),
      );
      const kept = ranked.slice(0, best);
      const all = pictures.map((_, index) => ranked.find((picture) => picture.index === index)!.score);
      return {
        best: { kept: kept.map(({ index }) => index), scores: kept.map(({ score }) => score), weights },
        all,
      };
    },
  };
}

/** The tokens [n, H, W] of some candidates, in that order. */
export function takeCandidates({ data, shape: [, height, width] }: TokenGrid, kept: readonly number[]): TokenGrid {
  const size = height * width;
  const taken = new Int32Array(kept.length * size);
  kept.forEach((index, at) => taken.set(data.subarray(index * size, (index + 1) * size), at * size));
  return { data: taken, shape: [kept.length, height, width] };
}

/** Draws again only those candidates that were kept, one after the other: nothing else needs to be compared. */
export async function* drawKept(
  dalle: Dalle,
  text: string,
  kept: readonly number[],
  options: GenerateOptions & { readonly seed: number },
): AsyncGenerator<GenerateStep> {
  const drawn: GenerateStep[] = [];
  for (const [at, index] of kept.entries()) {
    const own = { ...options, count: 1, seed: candidateSeed(options.seed, index) };
    for await (const step of dalle.generate(text, own)) {
      if (step.step === step.total) drawn.push(step);
      const { settings, tokens, logProbabilities } = step;
      const joined = drawn.length === kept.length ? joinSteps(drawn) : { tokens, logProbabilities };
      yield { settings, ...joined, step: at * step.total + step.step, total: kept.length * step.total };
    }
  }
}

function joinSteps(steps: readonly GenerateStep[]): Pick<GenerateStep, 'tokens' | 'logProbabilities' | 'image'> {
  const [, height, width] = steps[0]!.tokens.shape;
  const [, ...pixelShape] = steps[0]!.image!.shape;
  return {
    tokens: {
      data: Int32Array.from(steps.flatMap(({ tokens }) => [...tokens.data])),
      shape: [steps.length, height, width],
    },
    logProbabilities: Float64Array.from(steps.flatMap(({ logProbabilities }) => [...logProbabilities])),
    image: { data: joinPixels(steps.map(({ image }) => image!.data)), shape: [steps.length, ...pixelShape] },
  };
}

function joinPixels(parts: readonly Float32Array[]): Float32Array {
  const joined = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  parts.reduce((to, part) => (joined.set(part, to), to + part.length), 0);
  return joined;
}

function parseBest(text: string): number {
  const best = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (best >= 1) return best;
  throw new Error('a whole number from 1 on');
}
