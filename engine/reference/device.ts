/**
 * The float64 interpreter as a device: slow, exact, everywhere. It runs the graph as it was written, by the plain loop
 * of every op.
 */
import { checkRunOptions } from '../../base/check-options.ts';
import { giveTurn } from '../../base/give-turn.ts';
import { throwIfAborted } from '../abort.ts';
import type { Device, Executable, RunOutput } from '../device.ts';
import { InputTaker } from '../inputs.ts';
import { arrayFor } from '../plan.ts';
import type { Plan } from '../plan.ts';
import { sizeOf } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { interpretPlan } from './interpret.ts';

/** What `referenceDevice` is. */
export interface ReferenceDevice extends Device {
  readonly kind: 'reference';
}

const description = 'reference (plain float64 loops on the CPU)';

/** The float64 reference as a device: it runs plans as they are written, slowly. */
export const referenceDevice: ReferenceDevice = {
  kind: 'reference',
  description,
  kernels: null,
  asWritten: true,
  isUsable: true,
  load: (plan) => loadPlan(plan),
  dispose() {},
  [Symbol.dispose]() {},
};

function loadPlan(plan: Plan): Executable {
  return {
    prepare: async (options = {}) => checkRunOptions('prepare', options),
    async run(given, options = {}) {
      checkRunOptions('run', options);
      const { onProgress, signal } = options;
      const inputs = new InputTaker(plan.values).take(given);
      const results = await interpretPlan(plan, inputs, async (done, total) => {
        onProgress?.({ done, total });
        await giveTurn(); // or nobody could stop it
        throwIfAborted(signal, 'run');
      });
      return results.map((numbers, index) => toOutput(numbers, plan.values[plan.outputs[index]!]!.tensor));
    },
    profile: async () => [],
    explain: () => description,
    dispose() {},
  };
}

function toOutput(numbers: Float64Array, { dtype, shape }: Tensor): RunOutput {
  const output = arrayFor(dtype, sizeOf(shape));
  output.set(numbers);
  return output;
}
