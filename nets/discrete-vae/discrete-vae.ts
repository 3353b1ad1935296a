/**
 * DALLE-pytorch's own discrete VAE as people use it: pictures to tokens and back. Its decoder gives about −1…1, of
 * which `decode` makes (y + 1)/2, clamped. A net that knows opacity takes a picture without as opaque, and its colours
 * are drawn without it.
 */
import { PatchCoder, type CoderForm, type PatchCoderOptions, type PatchCoderParts } from '../patch-coder.ts';
import { patchOf, type DiscreteVaeDecoderArchitecture, type DiscreteVaeEncoderArchitecture } from './architecture.ts';
import { decoder, encoder } from './nets.ts';
import { denormalise, normalise } from './pixels.ts';
import { deriveTransposed } from './transposed.ts';

const FORM: CoderForm<DiscreteVaeEncoderArchitecture, DiscreteVaeDecoderArchitecture> = {
  name: 'DiscreteVae',
  what: 'DiscreteVAE',
  file: 'vae.pt',
  encoder: {
    kind: 'discrete-vae-encoder',
    patch: patchOf,
    codes: ({ num_tokens }) => num_tokens,
    channels: ({ channels }) => (channels === 3 ? [3] : [3, channels]),
    trace: (architecture, weights, x) => encoder(architecture, weights, normalise(x, architecture.channels)),
  },
  decoder: {
    kind: 'discrete-vae-decoder',
    patch: patchOf,
    codes: ({ num_tokens }) => num_tokens,
    channels: () => [3],
    derive: deriveTransposed,
    trace: (architecture, weights, tokens) => denormalise(decoder(architecture, weights, tokens)),
  },
};

/** A discrete VAE of DALLE-pytorch's on a device: pictures to tokens and back. */
export class DiscreteVae extends PatchCoder<DiscreteVaeEncoderArchitecture, DiscreteVaeDecoderArchitecture> {
  /** @throws DalleError `E_ARCHITECTURE` for a part that is another net, or for halves of two models */
  constructor(parts: PatchCoderParts, options: PatchCoderOptions) {
    super(FORM, parts, options);
  }
}
