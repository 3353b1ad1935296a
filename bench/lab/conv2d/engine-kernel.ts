/** A plain conv2d as the engine's packed convolution with a chosen block and, for experiments, a changed op. */
import { apply } from '../../../engine/index.ts';
import type { Block, Op, Tensor } from '../../../engine/index.ts';
import { packWeights, packedConv2dOp } from '../../../ops/conv2d/packed-conv2d.ts';
import type { PackedConv2dAttributes } from '../../../ops/conv2d/attributes.ts';
import { inBlocks, withBlock } from '../blocks.ts';

interface KernelChoice {
  /** Pixels a fragment makes, of the input as of the result. */
  readonly block: Block;
  /** The op in the place of packed_conv2d, with the same operands. */
  readonly op?: Op<PackedConv2dAttributes>;
  /** How the packed weights [1, O, ⌈I/4⌉·KH, KW·4] lie: pixels a block along the last axis [1]. */
  readonly weightLayers?: number;
}

/** A convolution with nothing before or behind it, in floats (4 channels a texel) or in halves (8). */
export function plainAttributes(w: Tensor, lanes: 4 | 8): PackedConv2dAttributes {
  return {
    weight: w.shape as PackedConv2dAttributes['weight'],
    lanes,
    dtype: lanes === 8 ? 'f16' : 'f32',
    reluInput: false,
    bias: false,
    gain: undefined,
    residualScale: 1,
  };
}

export function convolveWith(plain: Tensor, { block, op = packedConv2dOp, weightLayers = 1 }: KernelChoice): Tensor {
  const [x, w] = plain.inputs as [Tensor, Tensor];
  const packed = packWeights(w, 4);
  const laid =
    weightLayers === 1
      ? packed
      : apply(withBlock(packed.op, { width: weightLayers, height: 1 }), packed.inputs, packed.attributes);
  return apply(withBlock(op, block), [inBlocks(x, block), laid], plainAttributes(w, 4));
}
