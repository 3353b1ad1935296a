/**
 * A VQGAN as people use it: pictures to tokens and back. Codes are rows of the codebook that are nearest to what the
 * encoder gives; for a Gumbel quantiser the arg-max of its logits, without the noise that training adds. What the
 * decoder gives beyond its range is clamped.
 */
import { conv2d, gather } from '../../ops/index.ts';
import { PatchCoder, type CoderForm, type PatchCoderOptions, type PatchCoderParts } from '../patch-coder.ts';
import { patchOf, type VqganDecoderArchitecture, type VqganEncoderArchitecture } from './architecture.ts';
import { deriveScores, deriveTable } from './codebook.ts';
import { decoder } from './decoder.ts';
import { encoder } from './encoder.ts';
import { fromRange, toRange } from './pixels.ts';
import { foldWavelet } from './wavelet.ts';

/** Either part may be missing: encoding needs the encoder only, decoding the decoder only. */
export type VqganParts = PatchCoderParts;

/** Where a VQGAN computes, and how exactly. */
export type VqganOptions = PatchCoderOptions;

const FORM: CoderForm<VqganEncoderArchitecture, VqganDecoderArchitecture> = {
  name: 'Vqgan',
  what: 'VQGAN',
  file: 'vqgan.ckpt',
  halves: ' Of DALL·E mini and mega only the decoder was published beside the transformer.',
  encoder: {
    kind: 'vqgan-encoder',
    patch: patchOf,
    codes: ({ n_embed }) => n_embed,
    channels: ({ in_channels }) => [in_channels],
    derive: deriveScores,
    trace(architecture, weights, x) {
      const z = encoder(architecture, weights, toRange(x, architecture.pixel_range)); // [B, e, h, w]
      return conv2d(z, weights.get('scores.weight'), weights.get('scores.bias')); // [B, n, h, w]
    },
  },
  decoder: {
    kind: 'vqgan-decoder',
    patch: patchOf,
    codes: ({ n_embed }) => n_embed,
    channels: ({ out_ch }) => [out_ch],
    derive: (architecture, tensors) => foldWavelet(architecture, deriveTable(architecture, tensors)),
    trace(architecture, weights, tokens) {
      const z = gather(weights.get('table'), tokens, 1); // [B, z, h, w]
      return fromRange(decoder(architecture, weights, z), architecture.pixel_range);
    },
  },
};

/** A VQGAN on a device: pictures to tokens and back. */
export class Vqgan extends PatchCoder<VqganEncoderArchitecture, VqganDecoderArchitecture> {
  /** @throws DalleError `E_ARCHITECTURE` for a part that is another net, or for halves of two VQGANs */
  constructor(parts: VqganParts, options: VqganOptions) {
    super(FORM, parts, options);
  }
}
