/**
 * A tensor cut into pieces that can be read one after another, so that nobody needs all of a large one at once. Cuts go
 * between the rows of the first axis, and only where rows lie apart in the storage: rows that interleave would make
 * every piece read all of it.
 */
import { countElements, type TensorRecord } from './tensor-record.ts';

/** The pieces in row-major order, each of at most `limit` elements wherever the tensor lets itself be cut. */
export function* splitTensor(tensor: TensorRecord, limit: number): Generator<TensorRecord> {
  const [rows = 1, ...shape] = tensor.shape;
  const [step = 0, ...stride] = tensor.stride;
  if (countElements(tensor.shape) <= limit || step < spanOf(shape, stride)) {
    yield tensor;
    return;
  }
  const together = Math.floor(limit / countElements(shape));
  if (together > 0) {
    for (let row = 0; row < rows; row += together) {
      const count = Math.min(together, rows - row);
      yield { ...tensor, shape: [count, ...shape], offset: tensor.offset + row * step };
    }
    return;
  }
  for (let row = 0; row < rows; row++) {
    yield* splitTensor({ ...tensor, shape, stride, offset: tensor.offset + row * step }, limit);
  }
}

/** Elements of the storage from a row's first to its last. */
function spanOf(shape: readonly number[], stride: readonly number[]): number {
  return shape.reduce((span, size, axis) => span + (size - 1) * stride[axis]!, 1);
}
