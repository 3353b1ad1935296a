/**
 * Transformers of the goldens, loaded for the tests of a file and disposed after them; and the logits of whole
 * sequences, computed as a plan of one's own.
 */
import { afterAll } from 'vitest';
import type { Device } from '../../engine/index.ts';
import { textPositions, imagePositions } from '../../nets/transformer/architecture.ts';
import { wholeSequence } from '../../nets/transformer/sequence.ts';
import { deriveTables } from '../../nets/transformer/tables.ts';
import { Transformer } from '../../nets/transformer/transformer.ts';
import { growTree } from '../../nets/weight-tree.ts';
import { netTensors } from '../../nets/weights.ts';
import { compile } from '../../ops/index.ts';
import type { RewriteOptions } from '../../ops/index.ts';
import type { TransformerCase } from './transformer-golden.ts';

type Load = (device: Device, given: TransformerCase, rewriting?: RewriteOptions) => Promise<Transformer>;

/** A function that loads them. */
export function keepTransformers(): Load {
  const opened: Transformer[] = [];
  afterAll(() => Promise.all(opened.map((transformer) => transformer.dispose())));
  return async (device, given, rewriting = {}) => {
    const transformer = new Transformer(await given.open(), { device, ...rewriting });
    opened.push(transformer);
    return transformer;
  };
}

export interface Logits {
  readonly text: Float32Array;
  readonly image: Float32Array;
}

/** Logits behind every token of the golden's two sequences, of text and of image. */
export async function computeLogits(
  device: Device,
  given: TransformerCase,
  rewriting: RewriteOptions = {},
): Promise<Logits> {
  const { architecture, text, image } = given;
  const weights = await given.open();
  const tree = growTree(deriveTables(architecture, netTensors(weights)));
  const count = imagePositions(architecture);
  const plan = compile(
    device,
    (inputs) => wholeSequence(architecture, tree, inputs.text, inputs.image),
    { text: { shape: [2, textPositions(architecture)], dtype: 'i32' }, image: { shape: [2, count - 1], dtype: 'i32' } },
    rewriting,
  );
  const fed = image.filter((_, at) => at % count < count - 1);
  const result = await plan.run({ text, image: fed });
  plan.dispose();
  await weights.close();
  return result as unknown as Logits;
}
