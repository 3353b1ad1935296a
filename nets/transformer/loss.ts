/**
 * What a transformer is trained for (Zero-Shot Text-to-Image Generation, §2.2 and appendix B.2): each next token of the
 * text and of the picture, by cross-entropy over the vocabulary that it is of. Pads of a text are tokens like others.
 *
 * S sequences, T text positions, H × W image positions, V image tokens.
 */
import { add, concat, crossEntropy, embed, mean, mul, reshape, slice, tensor } from '../../ops/index.ts';
import type { Tensor } from '../../ops/index.ts';
import { imagePositions, textPositions, type TransformerArchitecture } from './architecture.ts';
import { denseContext } from './dense-context.ts';
import { logits, transformerLayers } from './layers.ts';
import { takePositions } from './sequence.ts';
import { trainingTables } from './training-tables.ts';
import type { WeightTree } from '../weight-tree.ts';

/** The tokens of S sequences. */
interface SequenceTokens {
  /** i32 [S, T]: rows of the text embedding, start token and pads in place. */
  readonly text: Tensor;
  /** i32 [S, H·W] */
  readonly image: Tensor;
}

/** Shares of the two losses. The paper cares for pictures. */
const TEXT_SHARE = 1 / 8;

/**
 * The loss of a batch, and the two that it is made of: means over the tokens of text (but the first, which nothing is
 * before) and of image, in nats a token; each of one element.
 * @param recomputes whether layers are computed once more on the way back, for less memory
 */
export function transformerLoss(
  architecture: TransformerArchitecture,
  weights: WeightTree,
  tokens: SequenceTokens,
  recomputes = false,
): { loss: Tensor; text: Tensor; image: Tensor } {
  const sequences = tokens.text.shape[0]!;
  const words = textPositions(architecture) - 1;
  const given = trainingLogits(architecture, weights, tokens, recomputes);
  const next = reshape(slice(tokens.text, [0, 1], [sequences, words]), [sequences * words]);
  const cells = reshape(tokens.image, [sequences * imagePositions(architecture)]);
  const [text, image] = [mean(crossEntropy(given.text, next)), mean(crossEntropy(given.image, cells))];
  const loss = add(mul(image, tensor([1 - TEXT_SHARE], [])), mul(text, tensor([TEXT_SHARE], [])));
  return { loss, text, image };
}

/**
 * Logits of all image tokens [S·H·W, V], and of the text from its second token on [S·(T − 1), text rows]: those of
 * `wholeSequence`, by ops that have gradients.
 */
export function trainingLogits(
  architecture: TransformerArchitecture,
  weights: WeightTree,
  { text, image }: SequenceTokens,
  recomputes = false,
): { image: Tensor; text: Tensor } {
  const { dim } = architecture;
  const [sequences, words] = text.shape as [number, number];
  const cells = imagePositions(architecture);
  const tree = trainingTables(architecture, weights);
  const embedded = [embedTokens(tree, 'text', text)];
  // Nothing comes after the last token.
  if (cells > 1) embedded.push(embedTokens(tree, 'image', slice(image, [0, 0], [sequences, cells - 1])));
  const apart = embedded.map((rows) => reshape(rows, [sequences, rows.shape[0]! / sequences, dim]));
  const rows = reshape(concat(apart, 1), [sequences * (words + cells - 1), dim]);
  const last = transformerLayers(architecture, tree, rows, denseContext(architecture, tree, sequences, recomputes));
  return {
    image: logits(tree, 'image', takePositions(last, sequences, words - 1, cells)),
    text: logits(tree, 'text', takePositions(last, sequences, 0, words - 1)),
  };
}

function embedTokens(tree: WeightTree, kind: 'text' | 'image', tokens: Tensor): Tensor {
  const start = tensor([0], [1], 'i32');
  return embed(tokens, tree.get(`${kind}_embedding.weight`), tree.get(`${kind} positions`), start);
}
