/**
 * Loads a discrete VAE from a model folder at an address, or straight from checkpoints, as OpenAI's notebook does: each
 * net from an address, a file that a person chose, or bytes from anywhere. The entry for Node adds paths and a cache.
 */
import { checkSource } from '../weights-convert/check-source.ts';
import { checkModelOptions } from '../nets/checks.ts';
import { checkObject } from '../base/check-argument.ts';
import { FormatError } from '../base/errors.ts';
import type { Device } from '../ops/index.ts';
import { sourceFromBlob, type ByteSource } from '../weights-convert/byte-source.ts';
import { downloadBlob } from '../weights-convert/transfer/download.ts';
import { downloadModel, type DownloadModelOptions } from '../weights-convert/model-folder/download-model.ts';
import type { Weights } from '../nets/weights.ts';
import type { Precision } from '../nets/weight-tree.ts';
import { Dvae, type DvaeParts } from '../nets/dvae/dvae.ts';
import { handOver } from './hand-over.ts';
import { CODER_PARTS } from './picture-coder.ts';

/** One net's checkpoint, pickle or safetensors. Text is an address, relative to the page. */
export type CheckpointSource = string | URL | Blob | ByteSource;

/** Either may be missing: encoding needs the encoder only, decoding the decoder only. */
export interface CheckpointPair {
  readonly encoder?: CheckpointSource;
  readonly decoder?: CheckpointSource;
}

/** Where a discrete VAE computes, and how its files are downloaded. */
export interface LoadDvaeOptions extends DownloadModelOptions {
  /** Where it computes. */
  readonly device: Device;
  /** See `DvaeOptions` [full]. */
  readonly precision?: Precision;
}

/**
 * Loads a discrete VAE. What is downloaded is held as `Blob`s until `dispose`.
 *
 * @param source address of a model folder or of its `model.json`, or one or two checkpoints, which nothing can be
 *   compared with
 * @throws FormatError as `openModel`, FormatError and UnsafeFileError for what is no such checkpoint, and as
 *   `downloadBlob`; AbortedError `E_ABORTED`
 */
export async function loadDVAE(source: string | URL | CheckpointPair, given: LoadDvaeOptions): Promise<Dvae> {
  checkModelOptions('loadDVAE', given);
  const { device, precision = 'full', ...options } = given;
  if (typeof source === 'string' || source instanceof URL) {
    const model = await downloadModel(source, options, CODER_PARTS);
    return handOver(model, (parts) => new Dvae(parts, { device, precision }));
  }
  const openAddress: OpenNamed = async (address) => {
    const { blob, name } = await downloadBlob(address, options);
    return sourceFromBlob(blob, name);
  };
  const opened = await openCheckpoints(source, openAddress);
  return handOver(opened, (parts) => new Dvae(parts, { device, precision }));
}

/** Opens what is named by text or a URL. */
type OpenNamed = (name: string | URL) => Promise<ByteSource>;

interface OpenedParts extends DvaeParts {
  close(): Promise<void>;
}

/** Opens the checkpoints that are given. */
export async function openCheckpoints(pair: CheckpointPair, openNamed: OpenNamed): Promise<OpenedParts> {
  checkObject('loadDVAE', 'encoder and decoder', pair);
  const { encoder, decoder } = pair;
  const parts: { encoder?: Weights; decoder?: Weights } = {};
  const close = async (): Promise<void> => {
    await Promise.all([parts.encoder?.close(), parts.decoder?.close()]);
  };
  return handOver({ close }, async () => {
    if (encoder !== undefined) parts.encoder = await openPart('encoder', encoder, openNamed);
    if (decoder !== undefined) parts.decoder = await openPart('decoder', decoder, openNamed);
    return { ...parts, close };
  });
}

/** Opens a checkpoint and refuses the other net: passing them the wrong way round is easy. */
async function openPart(
  part: 'encoder' | 'decoder',
  checkpoint: CheckpointSource,
  openNamed: OpenNamed,
): Promise<Weights> {
  const source = await openSource(checkpoint, openNamed);
  try {
    // The readers of checkpoints are as much as all nets: whoever loads model folders does not fetch them.
    const { openWeights } = await import('../weights-convert/open-weights.ts');
    const weights = await openWeights(source);
    if (weights.architecture.kind === `dvae-${part}`) return weights;
    throw new FormatError(
      'E_ARCHITECTURE',
      `loadDVAE: the ${part} was wanted, and ${source.name} holds a ${weights.architecture.kind}. The two files are ` +
        'probably the wrong way round: swap them.',
    );
  } catch (error) {
    await source.close?.();
    throw error;
  }
}

async function openSource(checkpoint: CheckpointSource, openNamed: OpenNamed): Promise<ByteSource> {
  if (typeof checkpoint === 'string' || checkpoint instanceof URL) return openNamed(checkpoint);
  if (!(checkpoint instanceof Blob)) {
    checkSource('loadDVAE', checkpoint);
    return checkpoint;
  }
  return sourceFromBlob(checkpoint, checkpoint instanceof File ? checkpoint.name : 'a blob');
}
