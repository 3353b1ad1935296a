/** How values come into memory that no run makes: constants are read, and what is derived is computed of them. */
import { planAsWritten } from '../plan.ts';
import { stateOp } from '../state.ts';
import { constantOp, isOf } from '../tensor.ts';
import type { Tensor } from '../tensor.ts';
import type { FindAddress } from './bind.ts';
import { BoundPlan } from './bound-plan.ts';
import type { DeviceMemory } from './device-memory.ts';
import { placeValues } from './places.ts';
import type { BetweenSteps } from './program.ts';
import { writeConstant, writeHalves } from './run-plan.ts';

/** Writes the numbers of a constant, or of what is derived of constants and states, to their place. */
export async function makeValue(
  memory: DeviceMemory,
  tensor: Tensor,
  address: number,
  between: BetweenSteps,
): Promise<void> {
  if (!isOf(tensor, constantOp)) return derive(memory, tensor, address, between);
  const storage = tensor.dtype === 'f16' ? 'halves' : 'rows';
  const { readHalves } = tensor.attributes;
  if (storage === 'halves' && readHalves) return writeHalves(memory.runner, address, readHalves());
  await writeConstant(memory.runner, address, await tensor.attributes.read(), { tensor, storage });
}

/** What it is derived of is in memory for so long only. */
async function derive(memory: DeviceMemory, tensor: Tensor, result: number, between: BetweenSteps): Promise<void> {
  const plan = planAsWritten([tensor]);
  const layout = placeValues(plan, true);
  const sources = new Map<number, number>();
  const taken: number[] = [];
  try {
    for (const [index, { tensor: source, bytes, offset }] of layout.places.entries()) {
      if (isOf(source, stateOp)) sources.set(index, memory.stateAddress(source.attributes.state, bytes));
      else if (offset === undefined) {
        const address = memory.allocate(bytes);
        taken.push(address);
        sources.set(index, address);
        await makeValue(memory, source, address, between);
      }
    }
    const base = memory.runMemory(layout.peakBytes);
    const addressOf: FindAddress = (index) =>
      index === plan.outputs[0] ? result : (sources.get(index) ?? base + layout.places[index]!.offset!);
    const bound = await BoundPlan.make(memory, plan, layout, addressOf, base);
    try {
      await bound.run(between);
    } finally {
      bound.free();
    }
  } finally {
    taken.forEach((address) => memory.free(address));
  }
}
