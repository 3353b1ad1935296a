/** A plain matmul by the engine's op with chosen blocks: R rows of x a fragment, k of w in `weightLayers` layers. */
import { apply } from '../../../engine/index.ts';
import type { Op, Tensor } from '../../../engine/index.ts';
import { matmulOp } from '../../../ops/matmul/matmul.ts';
import type { MatmulAttributes } from '../../../ops/matmul/attributes.ts';
import { inBlocks, strip, withBlock } from '../blocks.ts';

interface KernelChoice {
  /** Rows a fragment makes. */
  readonly rows: number;
  /** w [K, N] holds this many consecutive k at one place, one a layer [8, as every tensor of the engine does]. */
  readonly weightLayers?: number;
  readonly op?: Op<MatmulAttributes>;
}

export function multiplyWith(plain: Tensor, { rows, weightLayers = 8, op = matmulOp }: KernelChoice): Tensor {
  const [x, w] = plain.inputs as [Tensor, Tensor];
  return apply(withBlock(op, strip(rows)), [inBlocks(x, strip(rows)), inBlocks(w, strip(weightLayers))], {
    transposeA: false,
    transposeB: false,
  });
}
