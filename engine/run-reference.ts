/**
 * One op by its plain loop: what the reference device does at each step, and what folding does once, on the CPU.
 */
import type { NumericArray } from './op.ts';
import type { Tensor } from './tensor.ts';

/** Fills `output` with the numbers of `tensor`, row-major, from those of its inputs, and gives it back. */
export function runReference<Numbers extends Float32Array | Float64Array>(
  { op, attributes, inputs: sources, type }: Tensor,
  inputs: readonly NumericArray[],
  output: Numbers,
): Numbers {
  op.reference({ attributes, inputs, inputTypes: sources.map((source) => source.type), output, outputType: type });
  return output;
}
