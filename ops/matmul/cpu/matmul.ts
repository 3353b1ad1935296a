/** matmul on the CPU: the product of rows (row-product.ts), of as many matrices as there are. */
import type { CpuKernel, CpuOperand } from '../../../engine/index.ts';
import { sizeOf } from '../../../engine/index.ts';
import { multiplyRows } from './row-product.ts';
import type { MatmulAttributes } from '../attributes.ts';

export const matmulCpu: CpuKernel<MatmulAttributes> = {
  calls({ attributes: { transposeB }, inputs, output }) {
    if (inputs.some(({ storage }) => storage !== 'rows')) return undefined;
    const [a, b, bias] = inputs as [CpuOperand, CpuOperand, CpuOperand?];
    const matrices = b.type.shape.length === 3 ? b.type.shape[0]! : 1;
    const inner = a.type.shape.at(-1)!;
    const columns = output.type.shape.at(-1)!;
    const rows = sizeOf(a.type.shape) / inner / matrices;
    const addresses = { x: a.address, matrix: b.address, output: output.address, bias: bias?.address ?? 0 };
    return [multiplyRows({ ...addresses, rows, inner, columns, matrices, lies: transposeB ? 'columns' : 'rows' })];
  },
};
