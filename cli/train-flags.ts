/** The flags of `dalle-gl train`, of both stages, and which of them are of one stage only. */
import { UsageError } from '../base/errors.ts';
import { flagWord, OutOfRange, seeHelp, type FlagValues, type Option, type Switch } from './arguments.ts';
import { commonFlags, deviceFlags, parsePath, readNumber } from './flags.ts';

/** The words behind `train`. */
export const STAGES = ['dvae', 'transformer'] as const;
export type StageName = (typeof STAGES)[number];

type Needed<Value> = Option<Value> & { readonly required: true };
type Count = 'size' | 'steps' | 'batch' | 'parts' | 'rate' | 'seed' | 'hidden' | 'blocks' | 'vocab' | 'smallest';
type OfTransformer = 'depth' | 'heads' | 'words' | 'textLength';
type Pace = 'checkpointMinutes' | 'lookMinutes' | 'keep';

type TrainFlagTable = typeof deviceFlags &
  typeof commonFlags & { readonly [Name in Count | Pace | OfTransformer]: Option<number> } & {
    readonly [Name in 'data' | 'output']: Needed<string>;
  } & { readonly [Name in 'from' | 'only' | 'dvae']: Option<string> } & {
    readonly [Name in 'resume' | 'flip' | 'noCalibrate']: Switch;
  } & { readonly objective: Option<'short' | 'paper'>; readonly crop: Option<'centre' | 'paper'> };

export const trainFlags: TrainFlagTable = {
  data: {
    value: 'DIR',
    help: 'pictures with their captions, or tar shards of them; docs/training.md says in which forms',
    parse: parsePath,
    isText: true,
    required: true,
  },
  output: {
    short: 'o',
    value: 'DIR',
    help: 'where checkpoints, pictures, curves and in the end the model go',
    parse: parsePath,
    isText: true,
    required: true,
  },
  resume: { help: 'go on from the newest checkpoint in the folder of -o, with the same flags' },
  size: { value: 'N', help: 'pixels along each side, a multiple of 8 [64]', parse: parseCount(8, 1024) },
  steps: { value: 'N', help: 'steps in all, which schedules go by [5000]', parse: parseCount(1, 1e8) },
  batch: { value: 'N', help: 'pictures of a step [8]', parse: parseCount(1, 65536) },
  parts: {
    value: 'N',
    help: 'give a step in so many parts, for a device without the memory; a batch is a multiple of it [1]',
    parse: parseCount(1, 1024),
  },
  rate: { value: 'R', help: 'the largest learning rate [what suits the objective]', parse: parseRate },
  seed: {
    value: 'N',
    help: 'of the first weights, the order of pictures and all noise [0]',
    parse: parseCount(0, 2 ** 32 - 1),
  },
  hidden: { value: 'N', help: 'dvae: channels of the outer groups, a multiple of 4 [32]', parse: parseCount(4, 4096) },
  blocks: { value: 'N', help: 'dvae: blocks of each of the four groups [1]', parse: parseCount(1, 64) },
  vocab: { value: 'N', help: 'dvae: codes [512]', parse: parseCount(2, 65536) },
  objective: {
    value: 'NAME',
    help: 'dvae: short, which keeps codes in use in runs of hours, or paper, exactly [short]',
    parse: parseName('short', 'paper'),
  },
  dvae: {
    value: 'DIR',
    help: 'transformer: the model folder whose encoder and decoder turn pictures into tokens and back',
    parse: parsePath,
    isText: true,
  },
  depth: { value: 'N', help: 'transformer: layers [6]', parse: parseCount(1, 256) },
  heads: { value: 'N', help: 'transformer: heads of 64 channels each [3]', parse: parseCount(1, 256) },
  words: { value: 'N', help: 'transformer: text tokens, at most [1024]', parse: parseCount(2, 65536) },
  textLength: {
    value: 'N',
    help: 'transformer: text tokens of a caption; longer ones are cut [what the longest takes, at most 64]',
    parse: parseCount(2, 1024),
  },
  crop: {
    value: 'NAME',
    help: 'dvae: centre, the middle square; or paper, random ones as in the paper [centre]',
    parse: parseName('centre', 'paper'),
  },
  flip: { help: 'dvae: mirror every other picture, but none whose caption says left or right' },
  smallest: {
    value: 'N',
    help: 'dvae: enlarge pictures of at least so many pixels a side [none]',
    parse: parseCount(1, 1024),
  },
  from: { value: 'DIR', help: 'begin with the weights of this model folder', parse: parsePath, isText: true },
  only: {
    value: 'PART',
    help: 'train only weights whose names begin with it, such as decoder; wants --from',
    parse: String,
    isText: true,
  },
  checkpointMinutes: { value: 'M', help: 'minutes between checkpoints, which a kill costs [5]', parse: parseMinutes },
  lookMinutes: { value: 'M', help: 'minutes between looks: validation, and a picture of it [5]', parse: parseMinutes },
  keep: { value: 'N', help: 'checkpoints that stay [2]', parse: parseCount(1, 1000) },
  ...deviceFlags,
  noCalibrate: { help: 'take the default kernels; else the fastest are found once for each driver or processor' },
  ...commonFlags,
};

export type TrainFlags = FlagValues<TrainFlagTable>;

const OF_STAGE: Readonly<Record<StageName, readonly (keyof TrainFlags)[]>> = {
  dvae: ['hidden', 'blocks', 'vocab', 'objective', 'crop', 'flip', 'smallest'],
  transformer: ['dvae', 'depth', 'heads', 'words', 'textLength'],
};

/** Throws UsageError `E_FLAG_VALUE` for a flag of the other stage, and for flags that do not go together. */
export function checkTrainFlags(stage: StageName, flags: TrainFlags): void {
  for (const other of STAGES.filter((name) => name !== stage)) {
    const stray = OF_STAGE[other].find((name) => flags[name] !== undefined && flags[name] !== false);
    if (stray) throw refuse(`${flagWord(stray)} is of train ${other}, and not of train ${stage}`);
  }
  const { size = 64, batch = 8, parts = 1 } = flags;
  if (size % 8 !== 0) throw refuse(`--size is ${size}, and no multiple of 8, which is the side of a token`);
  if (batch % parts !== 0) throw refuse(`--batch is ${batch}, and no multiple of --parts, which is ${parts}`);
  if (flags.only !== undefined && flags.from === undefined)
    throw refuse('--only wants the rest of the weights: --from');
  const shaped = (['hidden', 'blocks', 'vocab', 'depth', 'heads', 'words', 'textLength'] as const).find(
    (name) => flags[name] !== undefined,
  );
  if (flags.from !== undefined && shaped)
    throw refuse(`${flagWord(shaped)} is what the model of --from says, so leave it out`);
}

function refuse(what: string): UsageError {
  return new UsageError('E_FLAG_VALUE', `train: ${what}. ${seeHelp('train')}`);
}

function parseCount(least: number, most: number): (text: string) => number {
  return (text) => {
    const count = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
    if (count >= least && count <= most) return count;
    throw new Error(`a whole number from ${least} to ${most}`);
  };
}

function parseName<Name extends string>(...names: readonly Name[]): (text: string) => Name {
  return (text) => {
    const name = names.find((candidate) => candidate === text);
    if (name !== undefined) return name;
    throw new Error(names.join(' or '));
  };
}

function parseRate(text: string): number {
  const rate = readNumber(text) ?? NaN;
  if (rate > 0 && rate <= 1) return rate;
  throw new OutOfRange('E_FLAG_VALUE', 'a number above 0 and up to 1');
}

function parseMinutes(text: string): number {
  const minutes = readNumber(text) ?? NaN;
  if (minutes >= 0 && minutes <= 100_000) return minutes;
  throw new Error('minutes, a number from 0 on');
}
