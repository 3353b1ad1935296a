/** The plain loop of a call, on numbers wherever a thread found them: in the shared memory, or copied out of it. */
import type { NumericArray } from '../op.ts';
import type { LoopCall } from './program.ts';

/** @param result zeros, where the loop leaves out what is zero */
export function computeLoop(
  { op, attributes, inputs, output }: LoopCall,
  numbers: readonly NumericArray[],
  result: NumericArray,
): void {
  if (typeof op === 'string') throw new Error(`cpu: no op is called ${op}`);
  op.reference({
    attributes,
    inputs: numbers,
    inputTypes: inputs.map(({ type }) => type),
    output: result,
    outputType: output.type,
  });
}
