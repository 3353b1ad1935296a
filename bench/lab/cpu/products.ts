/**
 * What the register tile is run on by the official nets at 256²: how many panels of four rows meet how many strips of
 * eight columns, how many terms are added up at once, and how often. Distinct products alone, each with its share.
 */
import { placeholder, rewrite, sizeOf, sortTopologically } from '../../../engine/index.ts';
import type { Tensor } from '../../../engine/index.ts';
import { OFFICIAL_DECODER, OFFICIAL_ENCODER } from '../../../nets/dvae/architecture.ts';
import { decoder } from '../../../nets/dvae/decoder.ts';
import { encoder } from '../../../nets/dvae/encoder.ts';
import { growTree } from '../../../nets/weight-tree.ts';
import type { PackedConv2dAttributes } from '../../../ops/conv2d/attributes.ts';
import { argmax, oneHot } from '../../../ops/index.ts';
import { cpuRules } from '../../../ops/rewrite/standard-rules.ts';
import type { WinogradConv2dAttributes } from '../../../ops/winograd/attributes.ts';
import { makeWeights } from '../../generated-weights.ts';

/** One product of panels and strips, and the multiply-adds that a net spends in it. */
interface Product {
  readonly panels: number;
  readonly strips: number;
  readonly inner: number;
  macs: number;
}

/** As the items of the kernels are cut (ops/conv2d/cpu, ops/winograd/cpu). */
const LONGEST = 256;
const PIXELS = 128;
const QUADS = 16;
const WINOGRAD_LONGEST = 128;
const WINOGRAD_CHANNELS = 256;

function share(size: number, most: number): number {
  return Math.ceil(size / Math.ceil(size / most));
}

export function listProducts(half: 'encode' | 'decode'): Product[] {
  const graph =
    half === 'encode'
      ? argmax(
          encoder(
            OFFICIAL_ENCODER,
            growTree(makeWeights(OFFICIAL_ENCODER).tensors),
            placeholder('x', { shape: [1, 3, 256, 256], dtype: 'f32' }),
          ),
          1,
        )
      : decoder(
          OFFICIAL_DECODER,
          growTree(makeWeights(OFFICIAL_DECODER).tensors),
          oneHot(placeholder('x', { shape: [1, 32, 32], dtype: 'i32' }), OFFICIAL_DECODER.vocab_size, 1),
        );
  const found = new Map<string, Product>();
  for (const tensor of sortTopologically(rewrite([graph], cpuRules).outputs)) {
    const product = readProduct(tensor);
    if (!product) continue;
    const key = [product.panels, product.strips, product.inner].join();
    const known = found.get(key);
    if (known) known.macs += product.macs;
    else found.set(key, product);
  }
  return [...found.values()];
}

function readProduct({ op, attributes, inputs }: Tensor): Product | undefined {
  if (op.name === 'winograd_conv2d') {
    const { weight, outputs } = attributes as WinogradConv2dAttributes;
    const [, , height, width] = inputs[0]!.shape as [number, number, number, number];
    const tiles = (height / outputs) * (width / outputs);
    const strips = Math.ceil(share(weight[0], WINOGRAD_CHANNELS) / 8);
    const macs = tiles * (outputs + 2) ** 2 * weight[0] * weight[1];
    return { panels: QUADS, strips, inner: share(weight[1], WINOGRAD_LONGEST), macs };
  }
  if (!['packed_conv2d', 'pooled_conv2d', 'channel_best'].includes(op.name)) return undefined;
  const { weight } = attributes as PackedConv2dAttributes;
  const [outChannels, inChannels, height, width] = weight;
  const taps = height * width;
  const inner = taps * share(inChannels, Math.max(1, Math.floor(LONGEST / taps)));
  const pixels = sizeOf(inputs[0]!.shape) / inChannels;
  const panels = Math.ceil(Math.min(outChannels, LONGEST) / 4);
  return { panels, strips: PIXELS / 8, inner, macs: pixels * outChannels * inChannels * taps };
}
