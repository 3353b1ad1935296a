/** `dalle-gl train dvae`: flags and a data set become the first stage. */
import { DalleError } from '../base/errors.ts';
import { isKind } from '../nets/weights.ts';
import type { DecoderArchitecture, EncoderArchitecture } from '../nets/dvae/architecture.ts';
import { openModelFolder } from '../node.ts';
import type { DataSet } from '../train/data/data-set.ts';
import type { Preflight, PreflightWants } from '../train/data/preflight.ts';
import { makeDvaeStage, type DvaeStageOptions } from '../train/node/dvae-stage.ts';
import type { RunStage } from '../train/node/run-stage.ts';
import { readNetWeights } from '../train/node/trained-weights.ts';
import type { TrainFlags } from './train-flags.ts';

type Nets = Pick<DvaeStageOptions, 'encoder' | 'decoder' | 'from' | 'bases'>;

/** The stage. Throws as `openModelFolder`, and DalleError `E_TRAIN_NET`. */
export async function openDvaeStage(
  data: DataSet,
  look: (wants: PreflightWants) => Promise<Preflight>,
  flags: TrainFlags,
  signal: AbortSignal,
): Promise<RunStage> {
  const { size = 64, batch = 8, parts = 1, steps = 5000, seed = 0, rate, objective = 'short' } = flags;
  const { crop = 'centre', flip, smallest = size, only } = flags;
  const nets = flags.from === undefined ? newNets(flags) : await openNets(flags.from, signal);
  const looked = await look({ size, smallest, batch });
  return makeDvaeStage({
    ...{ data, looked, ...nets, size, batch, parts, steps, seed, rate, objective },
    ...{ crop, flip, smallest, only },
  });
}

function newNets({ hidden = 32, blocks = 1, vocab = 512 }: TrainFlags): Nets {
  const shared = { n_hid: hidden, n_blk_per_group: blocks, vocab_size: vocab, group_count: 4 };
  return {
    encoder: { kind: 'dvae-encoder', ...shared, input_channels: 3 },
    decoder: { kind: 'dvae-decoder', ...shared, n_init: 128, output_channels: 3 },
  };
}

async function openNets(folder: string, signal: AbortSignal): Promise<Nets> {
  const model = await openModelFolder(folder, ['encoder', 'decoder'], { signal });
  try {
    const { encoder, decoder } = model;
    if (!encoder || !decoder) throw noDvae(folder, 'it does not have both an encoder and a decoder');
    if (!isKind(encoder, 'dvae-encoder') || !isKind(decoder, 'dvae-decoder'))
      throw noDvae(folder, `its nets are ${encoder.architecture.kind} and ${decoder.architecture.kind}`);
    const { parts } = model.manifest;
    const files = [parts.encoder, parts.decoder].flatMap((part) => part?.files.map(({ sha256 }) => sha256) ?? []);
    const weights = [await readNetWeights(encoder, 'encoder.'), await readNetWeights(decoder, 'decoder.')];
    return {
      encoder: encoder.architecture as EncoderArchitecture,
      decoder: decoder.architecture as DecoderArchitecture,
      bases: [model.manifest],
      from: {
        name: files.map((hash) => hash.slice(0, 16)).join('+'),
        weights: new Map(weights.flatMap((each) => [...each])),
      },
    };
  } finally {
    await model.close();
  }
}

function noDvae(folder: string, what: string): DalleError {
  return new DalleError(
    'E_TRAIN_NET',
    `train: wanted a dVAE of OpenAI's form in ${folder}, but ${what}. dalle-gl trains no other coder of pictures; ` +
      'use such a folder as it is, or train a dVAE from the beginning, without --from.',
  );
}
