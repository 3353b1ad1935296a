/**
 * Tensors of a file as a net wants them where a program cuts or turns them otherwise: joined, or transposed. Each is
 * still read only when asked for, and messages name what is in the file.
 */
import { FormatError } from '../../base/errors.ts';
import { tensorBlocks, type TensorData } from '../../nets/weights.ts';
import type { FileTensor } from './file-tensors.ts';

/** Tensors [Rᵢ, …] one after the other, [ΣRᵢ, …]; undefined where their other sizes differ. */
export function joinRows(tensors: readonly FileTensor[], path: string): FileTensor | undefined {
  const broken = tensors.find(({ data }) => data instanceof FormatError);
  if (broken) return { ...broken, path };
  const [first, ...others] = tensors.map(({ data }) => data as TensorData);
  const inner = first!.shape.slice(1);
  const fits = (shape: readonly number[]): boolean =>
    shape.length === inner.length + 1 && inner.every((size, axis) => size === shape[axis + 1]);
  if (first!.shape.length === 0 || !others.every(({ shape }) => fits(shape))) return undefined;
  const all = [first!, ...others];
  const shape = [all.reduce((sum, { shape: [rows] }) => sum + rows!, 0), ...inner];
  async function* readBlocks(): AsyncGenerator<Float32Array> {
    for (const tensor of all) yield* tensorBlocks(tensor);
  }
  const data: TensorData = {
    shape,
    dtype: all.every(({ dtype }) => dtype === first!.dtype) ? first!.dtype : 'F32',
    readBlocks,
    async read() {
      const joined = new Float32Array(shape.reduce((product, size) => product * size, 1));
      let to = 0;
      for (const { read } of all) {
        const rows = await read();
        joined.set(rows, to);
        to += rows.length;
      }
      return joined;
    },
  };
  return { ...tensors[0]!, path, data };
}

/** A matrix [M, N] as [N, M]; anything else as it is, to be found of another shape. */
export function transposeMatrix(tensor: FileTensor): FileTensor {
  const { data } = tensor;
  if (data instanceof FormatError || data.shape.length !== 2) return tensor;
  const [rows, columns] = data.shape as [number, number];
  const turned: TensorData = {
    shape: [columns, rows],
    dtype: data.dtype,
    async read() {
      const given = await data.read();
      const result = new Float32Array(given.length);
      for (let at = 0; at < given.length; at++) result[(at % columns) * rows + Math.floor(at / columns)] = given[at]!;
      return result;
    },
  };
  return { ...tensor, data: turned };
}
