/**
 * The names that CompVis/taming-transformers gives to the tensors of a VQGAN, and what its checkpoints hold beside
 * them. The names of the net's own code are taming's.
 */
import type { NetPart } from '../../../nets/net-kinds.ts';

/** What each part has, by how names begin. */
const BEGINNINGS: readonly { readonly parts: readonly NetPart[]; readonly names: readonly string[] }[] = [
  { parts: ['encoder'], names: ['encoder.', 'quant_conv.', 'quantize.proj.'] },
  { parts: ['decoder'], names: ['decoder.', 'post_quant_conv.', 'quantize.embed.'] },
  // A vector quantiser searches the same rows that its codes stand for.
  { parts: ['encoder', 'decoder'], names: ['quantize.embedding.'] },
];

/** The parts that a tensor is of; none for one that nobody knows. */
export function partsOf(name: string): readonly NetPart[] {
  return BEGINNINGS.find(({ names }) => names.some((start) => name.startsWith(start)))?.parts ?? [];
}

/**
 * Tensors that a checkpoint has beside the net's, and why it needs none of them. Those of a larger net, whose first
 * stage a VQGAN is, lie outside of its prefix.
 */
const LEFT_OUT: readonly { readonly pattern: RegExp; readonly reason: string }[] = [
  { pattern: /^loss\.perceptual_loss\./, reason: 'the perceptual loss of its training' },
  { pattern: /^loss\.discriminator\./, reason: 'the discriminator of its training' },
  { pattern: /^loss\./, reason: 'the loss of its training' },
  { pattern: /^colorize$/, reason: 'colours for pictures of its training' },
  { pattern: /(^|\.)cond_stage_model\./, reason: 'what conditions the net whose first stage this is' },
  { pattern: /(^|\.)transformer\./, reason: 'the transformer of the net whose first stage this is' },
  { pattern: /^(quant_conv|quantize\.proj)\./, reason: 'of an encoder that the file does not have' },
  { pattern: /^(post_quant_conv|quantize\.embed)\./, reason: 'of a decoder that the file does not have' },
];

/** Why a tensor is not needed; undefined for one that is, or that nobody knows. */
export function whyLeftOut(name: string): string | undefined {
  return LEFT_OUT.find(({ pattern }) => pattern.test(name))?.reason;
}
