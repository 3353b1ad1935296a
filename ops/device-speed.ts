/**
 * How fast a device computes, whatever it is: the least time of a few runs of one convolution. It tells a GPU from a
 * program that plays one, and either from the CPU.
 */
import type { Device } from '../engine/index.ts';
import { askSpeed } from './calibration-questions.ts';
import { compile } from './compile.ts';

/** Multiply-adds of `askSpeed()`. */
const work = 64 * 64 * 9 * 32 ** 2;
/** A run that is over before this many milliseconds is mostly beginning and end: a map 16 times as large is asked. */
const tooShort = 3;
const times = 4;

/**
 * Multiply-adds a second. Runs for about so many milliseconds after what compiles, but once at least.
 * @throws ContextError and MemoryError as `Compiled.run`
 */
export async function measureDevice(device: Device, milliseconds = 25): Promise<number> {
  const least = await timeRuns(device, 1, milliseconds);
  if (least >= tooShort) return work / (least / 1000);
  return (work * times ** 2) / ((await timeRuns(device, times, milliseconds)) / 1000);
}

/** Milliseconds of the quickest run. */
async function timeRuns(device: Device, size: number, milliseconds: number): Promise<number> {
  const { result, rules } = askSpeed(size);
  // Rules are those of WebGL; other devices have their own.
  const plan = compile(device, () => result, {}, device.kind === 'webgl' ? { rules } : {});
  try {
    await plan.prepare();
    const begun = performance.now();
    let least = Infinity;
    do {
      const start = performance.now();
      await plan.run({});
      least = Math.min(least, performance.now() - start);
    } while (performance.now() - begun < milliseconds);
    return least;
  } finally {
    plan.dispose();
  }
}
