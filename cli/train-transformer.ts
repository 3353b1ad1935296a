/** `dalle-gl train transformer`: flags, a data set and a coder of pictures become the second stage. */
import { DalleError, UsageError } from '../base/errors.ts';
import { makeFolder } from '../base/node/make-folder.ts';
import { referenceDevice, type Device } from '../engine/index.ts';
import { createPictureCoder, CODER_PARTS } from '../load/picture-coder.ts';
import { paper } from '../nets/transformer/configurations.ts';
import type { TransformerArchitecture } from '../nets/transformer/architecture.ts';
import { MAX_TEXT_LENGTH, type Tokenizer } from '../nets/tokenizer/tokenizer.ts';
import { isKind } from '../nets/weights.ts';
import { openModelFolder, openTokenizer, trainBpe } from '../node.ts';
import type { DataSet } from '../train/data/data-set.ts';
import type { Preflight, PreflightWants } from '../train/data/preflight.ts';
import type { BaseModel, RunStage } from '../train/node/run-stage.ts';
import { openTokenCache, type TokenCache } from '../train/node/token-cache.ts';
import { readNetWeights } from '../train/node/trained-weights.ts';
import { makeTransformerStage, type TransformerStageOptions } from '../train/node/transformer-stage.ts';
import type { ModelManifest } from '../weights-convert/model-folder/manifest.ts';
import { seeHelp } from './arguments.ts';
import type { TrainFlags } from './train-flags.ts';

/** What the command lends. */
interface TransformerTools {
  look(wants: PreflightWants): Promise<Preflight>;
  /** For the pictures' tokens, where they are not kept from before. */
  openDevice(): Promise<Device>;
  readonly onEncoded: (done: number, total: number) => void;
  readonly signal: AbortSignal;
}

/** The stage. Throws as `openModelFolder`, `preflight` and `openTokenCache`; DalleError `E_TRAIN_NET`. */
export async function openTransformerStage(
  data: DataSet,
  tools: TransformerTools,
  flags: TrainFlags,
): Promise<RunStage> {
  const { size = 64, batch = 8, parts = 1, steps = 5000, seed = 0, rate, only, dvae } = flags;
  if (dvae === undefined)
    throw new UsageError('E_FLAG_MISSING', `train: --dvae DIR is needed for a transformer. ${seeHelp('train')}`);
  const { signal } = tools;
  const coder = await readCoder(dvae, size, signal);
  const net = flags.from === undefined ? await planNet(data, coder, flags) : await openNet(flags.from, coder, signal);
  const { architecture, tokenizer } = net;
  const textLength = architecture.text_length;
  const looked = await tools.look({
    size,
    smallest: size,
    batch,
    captions: true,
    tokenizer,
    textLength,
    truncate: true,
  });
  makeFolder(flags.output);
  const openCoder = (): ReturnType<typeof openModelFolder> =>
    openModelFolder(dvae, CODER_PARTS, { signal, verify: false });
  const cache = await encodePictures(data, coder, { ...tools, openCoder }, flags);
  return makeTransformerStage({
    bases: [...(net.bases ?? []), coder.said],
    ...{ data, looked, ...net, cache, openCoder, coder: coder.name, size, batch, parts, steps, seed, rate, only },
  });
}

interface CoderFacts {
  readonly name: string;
  /** Of its licence. */
  readonly said: BaseModel;
  readonly grid: readonly [number, number];
  readonly vocabulary: number;
}

async function readCoder(folder: string, size: number, signal: AbortSignal): Promise<CoderFacts> {
  const model = await openModelFolder(folder, CODER_PARTS, { signal });
  const coder = createPictureCoder(model, { device: referenceDevice });
  try {
    const { encoder, decoder } = coder.vocabularies;
    if (encoder === undefined || decoder === undefined || encoder !== decoder)
      throw noNet(folder, 'an encoder and a decoder of the same codes', 'it does not have both');
    if (size % coder.patch !== 0)
      throw new UsageError(
        'E_FLAG_VALUE',
        `train: --size is ${size}, and no multiple of ${coder.patch}, the side of a token.`,
      );
    const side = size / coder.patch;
    const { manifest } = model;
    const { licence, notice } = manifest;
    const said = { ...(licence !== undefined && { licence }), ...(notice !== undefined && { notice }) };
    return { name: hashesOf(manifest, CODER_PARTS), said, grid: [side, side], vocabulary: decoder };
  } finally {
    await coder.dispose();
  }
}

function hashesOf({ parts }: ModelManifest, names: readonly (keyof ModelManifest['parts'])[]): string {
  const files = names.flatMap((name) => parts[name]?.files.map(({ sha256 }) => sha256.slice(0, 16)) ?? []);
  return files.join('+');
}

type Net = Pick<TransformerStageOptions, 'architecture' | 'tokenizer' | 'tokenizerFile' | 'from' | 'bases'>;

/** A net of the paper's form, and a tokenizer of the data's own captions. */
async function planNet(data: DataSet, { grid, vocabulary }: CoderFacts, flags: TrainFlags): Promise<Net> {
  const { heads = 3, depth = 6, words = 1024 } = flags;
  const captions = [...new Set(data.samples.flatMap((sample) => sample.captions))].filter(
    (caption) => caption.length <= MAX_TEXT_LENGTH,
  );
  const tokenizer = trainBpe(captions, { vocabularySize: words });
  const { textLength = chooseLength(captions.map((caption) => tokenizer.encode(caption).length)) } = flags;
  const architecture: TransformerArchitecture = {
    ...paper(heads, depth),
    ...{ text_length: textLength, text_vocab: tokenizer.vocabularySize, image_vocab: vocabulary, grid },
    // The paper's is 11 on a grid of 32.
    conv_kernel: Math.min(11, 2 * Math.floor(grid[0] / 4) + 1),
  };
  return { architecture, tokenizer, tokenizerFile: undefined };
}

/** A quarter more than the longest caption, for merges that are passed over; what is longer than 64 is cut. */
function chooseLength(lengths: readonly number[]): number {
  const longest = lengths.reduce((most, length) => Math.max(most, length), 1);
  return Math.min(64, 8 * Math.ceil((1.25 * longest) / 8));
}

/** A net of another model, with the tokenizer that it reads by. */
async function openNet(folder: string, coder: CoderFacts, signal: AbortSignal): Promise<Net> {
  const model = await openModelFolder(folder, ['transformer', 'tokenizer'], { signal });
  try {
    const { transformer, tokenizer: file, manifest } = model;
    if (!transformer || file === undefined)
      throw noNet(folder, 'a transformer and its tokenizer', 'it lacks one of them');
    if (!isKind(transformer, 'transformer'))
      throw noNet(folder, 'a transformer of the paper’s form', `its net is a ${transformer.architecture.kind}`);
    const architecture: TransformerArchitecture = { ...transformer.architecture, names: 'dalle-gl' };
    const { grid, image_vocab } = architecture;
    if (String(grid) !== String(coder.grid) || image_vocab !== coder.vocabulary) {
      throw noNet(
        folder,
        `a transformer for ${coder.grid.join(' × ')} tokens of ${coder.vocabulary} codes, as --dvae and --size have it`,
        `this one draws ${grid.join(' × ')} of ${image_vocab}`,
      );
    }
    const tokenizer: Tokenizer = await openTokenizer(file);
    const from = { name: hashesOf(manifest, ['transformer']), weights: await readNetWeights(transformer) };
    return { architecture, tokenizer, tokenizerFile: file, from, bases: [manifest] };
  } finally {
    await model.close();
  }
}

/** Pictures that are encoded at once. */
const ENCODED = 8;

/** Tokens of every picture, made on a device where they are not kept from before. */
async function encodePictures(
  data: DataSet,
  { name, grid, vocabulary }: CoderFacts,
  tools: TransformerTools & { openCoder(): ReturnType<typeof openModelFolder> },
  { size = 64, output: folder }: TrainFlags,
): Promise<TokenCache> {
  const { signal, onEncoded: onProgress } = tools;
  let opened: { readonly device: Device; readonly coder: ReturnType<typeof createPictureCoder> } | undefined;
  const open = async (): Promise<NonNullable<typeof opened>> => {
    const device = await tools.openDevice();
    return { device, coder: createPictureCoder(await tools.openCoder(), { device }) };
  };
  const encode = async (pixels: Float32Array): Promise<ArrayLike<number>> => {
    opened ??= await open();
    const { data: tokens } = await opened.coder.encode({ data: pixels, shape: [ENCODED, 3, size, size] }, { signal });
    return tokens;
  };
  try {
    return await openTokenCache({
      folder,
      data,
      size,
      model: name,
      grid,
      vocabulary,
      batch: ENCODED,
      encode,
      onProgress,
      signal,
    });
  } finally {
    await opened?.coder.dispose();
    opened?.device.dispose();
  }
}

function noNet(folder: string, wanted: string, what: string): DalleError {
  return new DalleError(
    'E_TRAIN_NET',
    `train: wanted ${wanted} in ${folder}, but ${what}. Name another folder; or leave --from out, and a transformer is ` +
      'trained from the beginning.',
  );
}
