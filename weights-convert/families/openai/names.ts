/**
 * Names of OpenAI's discrete VAE in other people's checkpoints. Hugging Face's FLAVA codebook has a module more in
 * every group and residual path, and torch's own convolutions; what is found bears OpenAI's names from then on.
 */

/** OpenAI's name of a tensor, without what stood before it. */
export function officialName(name: string): string {
  return name
    .replace(/^(blocks\.group_\d+)\.group\./, '$1.')
    .replace('.res_path.path.', '.res_path.')
    .replace(/\.weight$/, '.w')
    .replace(/\.bias$/, '.b');
}
