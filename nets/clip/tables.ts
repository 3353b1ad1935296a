/** CLIP's tensors in the form that its code looks them up in: every product [outputs, inputs]. */
import type { TensorData } from '../weights.ts';

type Tensors = ReadonlyMap<string, TensorData>;

/**
 * The tensors of a checkpoint, with `patches` [dim, 3·P·P] added, the kernel of a convolution whose windows do not
 * overlap, and `picture_projection` and `text_projection` as [embed, dim].
 */
export function deriveProducts(tensors: Tensors): Tensors {
  const derived = new Map(tensors);
  const kernel = tensors.get('visual.conv1.weight')!;
  const [dim, ...window] = kernel.shape as [number, ...number[]];
  derived.set('patches', { ...kernel, shape: [dim, window.reduce((product, size) => product * size, 1)] });
  derived.set('picture_projection', transposeTensor(tensors.get('visual.proj')!));
  derived.set('text_projection', transposeTensor(tensors.get('text_projection')!));
  return derived;
}

function transposeTensor({ shape, dtype, read }: TensorData): TensorData {
  const [rows, columns] = shape as [number, number];
  return {
    shape: [columns, rows],
    dtype,
    async read() {
      const given = await read();
      const turned = new Float32Array(given.length);
      for (let at = 0; at < given.length; at++) turned[(at % columns) * rows + Math.floor(at / columns)] = given[at]!;
      return turned;
    },
  };
}
