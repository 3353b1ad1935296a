/**
 * The smallest ONNX models that do one workload: Conv or MatMul with its weight inside, then a Slice that keeps what is
 * read back.
 */
import { middleOf } from '../workload.ts';
import type { Operands, Workload } from '../workload.ts';
import { encodeIndices, encodeModel, encodeNode, encodeNumbers } from './onnx-encode.ts';

/** Input `x`, output `y`. */
export function encodeOnnxModel(workload: Workload, { w }: Operands): Uint8Array {
  const middle = middleOf(workload);
  const { side } = workload;
  const isMatmul = workload.kind === 'matmul';
  const wShape = isMatmul ? [side, side] : [workload.outputs, workload.inputs, workload.kernel, workload.kernel];
  const axes = isMatmul ? [0] : [2, 3];
  const attributes = isMatmul ? {} : { pads: Array<number>(4).fill((workload.kernel - 1) / 2) };
  const at = (name: string, value: number): Uint8Array =>
    encodeIndices(
      name,
      axes.map(() => value),
    );
  return encodeModel({
    name: workload.kind,
    nodes: [
      encodeNode(isMatmul ? 'MatMul' : 'Conv', ['x', 'w'], 'whole', attributes),
      encodeNode('Slice', ['whole', 'starts', 'ends', 'axes'], 'y'),
    ],
    constants: [
      encodeNumbers('w', wShape, w),
      at('starts', middle),
      at('ends', middle + 1),
      encodeIndices('axes', axes),
    ],
    input: { name: 'x', shape: isMatmul ? [side, side] : [1, workload.inputs, side, side] },
    output: { name: 'y', shape: isMatmul ? [1, side] : [1, workload.outputs, 1, 1] },
  });
}
