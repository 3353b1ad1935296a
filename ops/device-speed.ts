/**
 * How fast a device computes, whatever it is: the least time of a few runs of one convolution. It tells a GPU from a
 * program that plays one, and either from the CPU.
 */
import type { Device } from '../engine/index.ts';
import { askSpeed } from './calibration-questions.ts';
import { compile } from './compile.ts';
import { winogradFour, winogradTwo } from './rewrite/winograd-for-cpu.ts';
import { timeRuns } from './time-runs.ts';

/** Multiply-adds of `askSpeed()`. */
const work = 64 * 64 * 9 * 32 ** 2;
/** A run that is over before this many milliseconds is mostly beginning and end: a map 4 times as large is asked. */
const tooShort = 3;
const times = 2;
/** One may be held up. */
const leastRuns = 3;

/**
 * Multiply-adds a second. Runs for about so many milliseconds after a first time, which compiles.
 * @throws ContextError and MemoryError as `Compiled.run`
 */
export async function measureDevice(device: Device, milliseconds = 10): Promise<number> {
  const least = await timeSize(device, 1, milliseconds);
  if (least >= tooShort) return work / (least / 1000);
  return (work * times ** 2) / ((await timeSize(device, times, milliseconds)) / 1000);
}

/** Milliseconds of the quickest run. */
function timeSize(device: Device, size: number, milliseconds: number): Promise<number> {
  const { result, rules } = askSpeed(size);
  // Both by definition: another algorithm would count multiply-adds that nobody does.
  const asDefined = device.kind === 'webgl' ? { rules } : { without: [winogradFour.name, winogradTwo.name] };
  const plan = compile(device, () => result, {}, device.asWritten ? {} : asDefined);
  return timeRuns(plan, { runs: leastRuns, milliseconds });
}
