/** matmul on the CPU: the product of rows (row-product.ts), of as many matrices as there are. */
import type { CpuKernel, CpuOperand, Shape, TypedCall } from '../../../engine/index.ts';
import { sizeOf } from '../../../engine/index.ts';
import { multiplyRows, sharedBytesOf } from './row-product.ts';
import type { MatmulAttributes } from '../attributes.ts';

export const matmulCpu: CpuKernel<MatmulAttributes> = {
  sharedBytes: (call) => sharedBytesOf(measure(call)),
  calls(call) {
    const { inputs, output, shared } = call;
    if (inputs.some(({ storage }) => storage !== 'rows')) return undefined;
    const [a, b, bias] = inputs as [CpuOperand, CpuOperand, CpuOperand?];
    const addresses = { x: a.address, matrix: b.address, output: output.address, bias: bias?.address ?? 0 };
    return multiplyRows({ ...addresses, ...measure(call) }, shared);
  },
};

function measure({ attributes: { transposeA, transposeB }, inputs, output }: TypedCall<MatmulAttributes>): {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly matrices: number;
  readonly lies: 'columns' | 'rows';
  readonly turned: boolean;
} {
  const [a, b] = inputs.map(({ type }) => type.shape) as [Shape, Shape];
  const matrices = b.length === 3 ? b[0]! : 1;
  const inner = transposeA ? a.at(-2)! : a.at(-1)!;
  const rows = sizeOf(a) / inner / matrices;
  const lies = transposeB ? 'columns' : 'rows';
  return { rows, inner, columns: output.type.shape.at(-1)!, matrices, lies, turned: transposeA };
}
