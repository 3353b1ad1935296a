/** A program that draws at once: compiled, linked and drawn with, so that the driver has nothing left to translate. */
import { giveTurn } from '../../base/give-turn.ts';
import type { ValueIndex } from '../plan.ts';
import type { Pass, Slot } from './draws.ts';
import type { TextureSpec } from './layout.ts';
import type { Program } from './program.ts';
import type { Gpu } from './gpu.ts';

/** The program of a pass over these slots. Others have a turn behind it, for compiling takes tens of milliseconds. */
export async function readyProgram(gpu: Gpu, slots: readonly Slot[], pass: Pass, source: string): Promise<Program> {
  gpu.checkUsable('prepare');
  const program = gpu.programs.get(source);
  if (program.warm) return program;
  gpu.enter();
  const specOf = (slot: ValueIndex): TextureSpec => slots[slot]!.layout.texture;
  const inputs = pass.inputs.map((slot, position): [string, TextureSpec] => [pass.operands[position]!, specOf(slot)]);
  gpu.warmUp(program, inputs, specOf(pass.output), slots[pass.output]!.layout.targets);
  program.warm = true;
  await giveTurn();
  return program;
}
