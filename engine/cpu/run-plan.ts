/**
 * Runs a bound plan: its inputs are written, stretches of steps go to the threads, and what only the caller can
 * compute, such as the loop of an op of a user's own, is computed here in between.
 */
import type { RunInputs } from '../device.ts';
import type { NumericArray, Op } from '../op.ts';
import { arrayFor } from '../plan.ts';
import { sizeOf } from '../shape.ts';
import { isOf, placeholderOp } from '../tensor.ts';
import { giveTurn } from '../../base/give-turn.ts';
import { computeLoop } from './compute-loop.ts';
import { narrowToHalves, widenHalves } from './halves.ts';
import type { FindAddress } from './bind.ts';
import type { Place } from './places.ts';
import type { BetweenSteps, LoopCall, LoopOperand, ProgramStep, Runner } from './program.ts';

/** Steps that follow each other and run in the same place. */
export type Stretch = { readonly steps: readonly ProgramStep[] } | { readonly loop: LoopCall };

/** Cuts a program where the caller must compute. */
export function cutStretches(steps: readonly ProgramStep[], runner: Runner): Stretch[] {
  const stretches: Stretch[] = [];
  let current: ProgramStep[] = [];
  for (const step of steps) {
    if (!step.loop || runner.canLoop(step.loop.op as Op, step.loop.attributes)) {
      current.push(step);
      continue;
    }
    if (current.length > 0) stretches.push({ steps: current });
    stretches.push({ loop: step.loop });
    current = [];
  }
  return current.length > 0 ? [...stretches, { steps: current }] : stretches;
}

/** Runs all stretches. With `timed` the result has milliseconds for each step. */
export async function runStretches(
  runner: Runner,
  stretches: readonly Stretch[],
  between: BetweenSteps,
  timed = false,
): Promise<number[]> {
  const times: number[] = [];
  let done = 0;
  for (const stretch of stretches) {
    await between(done);
    const before = done;
    if ('loop' in stretch) {
      const start = performance.now();
      await runHere(runner, stretch.loop);
      times.push(performance.now() - start);
      done++;
    } else {
      times.push(...(await runner.run(stretch.steps, (within) => between(before + within), timed)));
      done += stretch.steps.length;
    }
  }
  return times;
}

async function runHere(runner: Runner, call: LoopCall): Promise<void> {
  const numbers = await Promise.all(call.inputs.map((input) => readNumbers(runner, input)));
  const { type, address, storage } = call.output;
  const result = arrayFor(type.dtype, sizeOf(type.shape));
  computeLoop(call, numbers, result);
  await runner.write(address, storage === 'halves' ? narrowToHalves(result) : result);
}

/** The numbers of a value. */
export async function readNumbers(
  runner: Runner,
  { type, address, storage }: LoopOperand,
): Promise<Float32Array | Int32Array> {
  const size = sizeOf(type.shape);
  const numbers = storage === 'halves' ? new Uint16Array(size) : arrayFor(type.dtype, size);
  await runner.read(address, numbers);
  return numbers instanceof Uint16Array ? widenHalves(numbers) : numbers;
}

/** Writes the inputs of a run to their places. */
export async function writeInputs(
  runner: Runner,
  places: readonly Place[],
  inputs: RunInputs,
  addressOf: FindAddress,
): Promise<void> {
  for (const [index, { tensor }] of places.entries()) {
    if (!isOf(tensor, placeholderOp)) continue;
    const numbers = inputs[tensor.attributes.name] as NumericArray;
    await runner.write(addressOf(index), toStored(numbers, places[index]!));
  }
}

/** Numbers that are made ready at a time, in a few milliseconds. */
const PIECE = 2 ** 20;

/** Writes a constant to its place, piece by piece: the caller's thread is not held up. */
export async function writeConstant(
  runner: Runner,
  address: number,
  numbers: NumericArray,
  as: Pick<Place, 'tensor' | 'storage'>,
): Promise<void> {
  const bytesEach = as.storage === 'halves' ? 2 : 4;
  for (let from = 0; from < numbers.length; from += PIECE) {
    if (from > 0) await giveTurn();
    await runner.write(address + from * bytesEach, toStored(numbers.subarray(from, from + PIECE), as));
  }
}

/** Writes halves to their place as they come. */
export async function writeHalves(runner: Runner, address: number, pieces: AsyncIterable<Uint16Array>): Promise<void> {
  let at = address;
  for await (const piece of pieces) {
    await runner.write(at, piece);
    at += piece.byteLength;
  }
}

/** Numbers as they are stored. */
function toStored(
  numbers: NumericArray,
  { tensor, storage }: Pick<Place, 'tensor' | 'storage'>,
): Float32Array | Int32Array | Uint16Array {
  if (storage === 'halves') return narrowToHalves(numbers);
  if (tensor.dtype === 'f16') return widenHalves(narrowToHalves(numbers));
  if (tensor.dtype === 'i32') return numbers instanceof Int32Array ? numbers : Int32Array.from(numbers);
  return numbers instanceof Float32Array ? numbers : Float32Array.from(numbers);
}
