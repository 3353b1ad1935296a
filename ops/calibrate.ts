/**
 * Which kernels suit this device: how a texel is best read, how many render targets a draw should have, which rewrites
 * pay, and how the pixels of a draw lie. All give the same numbers, up to rounding, and drivers rank them differently,
 * so small graphs are timed on the device itself, question after question (calibration-questions.ts). Every candidate
 * is a Device of its own on the same context; the default is only left for a clear win (choose-fastest.ts).
 */
import { checkNumber, checkObject } from '../base/check-argument.ts';
import { AbortedError } from '../base/errors.ts';
import { WebGLDevice } from '../engine/index.ts';
import type { ContextSource, KernelChoice } from '../engine/index.ts';
import { askSpeed, listQuestions } from './calibration-questions.ts';
import type { Task } from './calibration-questions.ts';
import { chooseFrom } from './choose-fastest.ts';
import { compile } from './compile.ts';

/** The least of so many runs counts, but a candidate this much slower than the best is not run again to be sure. */
const mostRuns = 3;
const hopeless = 1.5;

/**
 * Times candidates until `milliseconds` are over, compiling included; the probes, which every context has before it
 * computes, are not. What was not tried by then is as by default. A program that is being compiled at the end is
 * finished, which takes llvmpipe 20 to 90 ms: hence 375, for half a second in all.
 * @throws ContextError as `new Device` does
 */
export async function calibrate(source: ContextSource, milliseconds = 375): Promise<KernelChoice> {
  checkObject('calibrate', 'source', source);
  checkNumber('calibrate', 'milliseconds', milliseconds);
  const borrowed: ContextSource = { ...source, dispose() {} };
  const device = new WebGLDevice(borrowed);
  let choice = device.kernels;
  device.dispose();
  const stopwatch = new Stopwatch(borrowed, milliseconds);
  try {
    const speed = await stopwatch.time(askSpeed(), choice);
    if (speed === undefined) return choice;
    for (const { task, candidates } of listQuestions(speed, choice)) {
      const measure = (candidate: KernelChoice, best: number): Promise<number | undefined> => {
        return stopwatch.time(task, candidate, best);
      };
      choice = await chooseFrom(candidates(choice), measure);
    }
    return choice;
  } finally {
    stopwatch.dispose();
  }
}

interface Timed {
  readonly device: WebGLDevice;
  readonly plan: ReturnType<typeof compile>;
  /** Milliseconds of the quickest run so far. */
  least: number;
}

/** Times tasks on a context until time is over. */
class Stopwatch {
  private readonly source: ContextSource;
  private readonly end: number;
  private readonly signal: AbortSignal;
  /** By the text of the shaders, so that what several questions ask is compiled once. */
  private readonly known = new Map<string, Timed>();

  constructor(source: ContextSource, milliseconds: number) {
    this.source = source;
    this.end = performance.now() + milliseconds;
    this.signal = AbortSignal.timeout(milliseconds);
  }

  /** Milliseconds of a run, all its passes together, the least there ever was; undefined where time is over first. */
  async time(task: Task, choice: KernelChoice, best = Infinity): Promise<number | undefined> {
    if (performance.now() >= this.end) return undefined;
    const timed = this.compile(task, choice);
    try {
      await timed.plan.prepare({ signal: this.signal });
      for (let run = 0; run < mostRuns; run++) {
        const start = performance.now();
        await timed.plan.run({}, { signal: this.signal });
        timed.least = Math.min(timed.least, performance.now() - start);
        if (timed.least > hopeless * best) break;
      }
      return timed.least;
    } catch (error) {
      if (error instanceof AbortedError) return undefined;
      throw error;
    }
  }

  private compile({ result, rules }: Task, choice: KernelChoice): Timed {
    const device = new WebGLDevice(this.source, choice);
    const plan = compile(device, () => result, {}, { rules });
    const key = plan.draws!.passes.map(({ shader }) => shader).join();
    const known = this.known.get(key);
    if (known) device.dispose();
    const timed = known ?? { device, plan, least: Infinity };
    this.known.set(key, timed);
    return timed;
  }

  dispose(): void {
    for (const { device, plan } of this.known.values()) {
      plan.dispose();
      device.dispose();
    }
  }
}
