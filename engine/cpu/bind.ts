/**
 * A plan with addresses: what each step calls, with its arguments in one block. It is made anew when a value has moved,
 * such as a state that was freed meanwhile.
 */
import { nameOperands } from '../plan.ts';
import type { Plan, Step } from '../plan.ts';
import type { Tensor } from '../tensor.ts';
import { ALIGNMENT } from './arena.ts';
import type { CpuOperand, KernelCall } from './kernel.ts';
import { isAlias } from './places.ts';
import type { Place } from './places.ts';
import type { LoopOperand, ProgramStep } from './program.ts';

/** What is known of the kernels of a step: none where it is an alias, undefined where it runs by its loop. */
type StepCalls = readonly KernelCall[] | undefined;

/** How a value is found when a step is bound. */
export type FindAddress = (index: number) => number;

const WORDS = ALIGNMENT / 4;

/** The kernels that a step calls. */
export function chooseCalls(step: Step, places: readonly Place[], addressOf: FindAddress, shared: number): StepCalls {
  if (isAlias(step, places)) return [];
  const operand = (name: string, index: number): CpuOperand => {
    const { tensor, storage } = places[index]!;
    return { name, type: tensor.type, address: addressOf(index), storage };
  };
  const names = nameOperands(step);
  return step.op.kernels?.cpu?.calls?.({
    attributes: step.tensor.attributes,
    inputs: step.inputs.map((index, position) => operand(names[position]!, index)),
    output: operand('result', step.output),
    shared,
  });
}

/** The arguments of all calls, each from a multiple of 64 bytes on. */
export function layArguments(calls: readonly StepCalls[]): Int32Array {
  const blocks = calls.flatMap((step) => (step ?? []).map(({ words }) => words));
  const all = new Int32Array(blocks.reduce((sum, { length }) => sum + roundUp(length), 0));
  let at = 0;
  for (const words of blocks) {
    all.set(words, at);
    at += roundUp(words.length);
  }
  return all;
}

function roundUp(words: number): number {
  return Math.ceil(words / WORDS) * WORDS;
}

/** The steps of a program whose arguments lie at `args`. */
export function bindSteps(
  { steps }: Plan,
  places: readonly Place[],
  calls: readonly StepCalls[],
  addressOf: FindAddress,
  args: number,
): ProgramStep[] {
  let at = args;
  const loopOperand = (index: number, { type }: Tensor): LoopOperand => {
    return { type, address: addressOf(index), storage: places[index]!.storage };
  };
  return steps.map(({ op, tensor, inputs, output }, index) => {
    const chosen = calls[index];
    if (!chosen) {
      const read = op.redraws ? [output, ...inputs] : inputs;
      const operands = read.map((value, position) => loopOperand(value, tensor.inputs[position]!));
      return { loop: { op, attributes: tensor.attributes, inputs: operands, output: loopOperand(output, tensor) } };
    }
    return {
      calls: chosen.map(({ kernel, items, words }) => {
        const call = { kernel, items, args: at };
        at += 4 * roundUp(words.length);
        return call;
      }),
    };
  });
}
