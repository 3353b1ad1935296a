/**
 * What computes: a device takes a plan (plan.ts), which knows nothing of textures or memory, and makes of it something
 * that runs. WebGL is one device (gl/), the float64 interpreter another (reference/). Nobody asks which one it has.
 */
import type { Draws } from './gl/draws.ts';
import type { CpuChoice, KernelChoice } from './kernel-choice.ts';
import type { NumericArray } from './op.ts';
import type { Plan } from './plan.ts';

/** Whatever runs plans: a WebGL context, or the float64 reference. */
export interface Device {
  /** What kind it is: `webgl`, `cpu`, `reference`. */
  readonly kind: string;
  /** One line that names the driver, for reports. */
  readonly description: string;
  /** What it was told, or found, to compute with; null where there is no choice. */
  readonly kernels: KernelChoice | CpuChoice | null;
  /** Whether it runs the graph as it was written, so that no rewrite rule is applied. */
  readonly asWritten: boolean;
  /** False once it was disposed, or its context lost: another one must be opened then. */
  readonly isUsable: boolean;
  /** Makes a plan ready to run here. Nothing is allocated before `prepare` or `run`. */
  load(plan: Plan): Executable;
  dispose(): void;
  [Symbol.dispose](): void;
}

/** A plan on a device. */
export interface Executable {
  /** Compiles and uploads; `run` does it by itself when it was not called. */
  prepare(options?: PrepareOptions): Promise<void>;
  /** Runs on new inputs. One row-major array for each output, in order. */
  run(inputs: RunInputs, options?: RunOptions): Promise<RunOutput[]>;
  /** Milliseconds of every step of one run; empty where a step is not timed. */
  profile(inputs: RunInputs): Promise<PassTiming[]>;
  /** The plan in words; with `shaders` also the text of its kernels. */
  explain(options?: { shaders?: boolean }): string;
  /** Textures and shaders, on a device that draws. */
  readonly draws?: Draws;
  dispose(): void;
}

/** Numbers for every input of a plan, by name, row-major. */
export type RunInputs = Readonly<Record<string, NumericArray | ArrayLike<number>>>;
/** Numbers of an output, row-major: whole ones for whole-number tensors. */
export type RunOutput = Float32Array | Int32Array;

/** How far a plan is made ready: constants uploaded, or programs compiled. */
export interface PrepareProgress {
  readonly phase: 'compile' | 'upload';
  readonly done: number;
  readonly total: number;
}

/** What a run looks at to know whether to stop: an `AbortSignal`, or anything with its two words. */
export interface StopSignal {
  readonly aborted: boolean;
  readonly reason?: unknown;
}

/** How a plan is made ready. */
export interface PrepareOptions {
  onProgress?: (progress: PrepareProgress) => void;
  signal?: StopSignal;
}

/** How a run is watched, and stopped. */
export interface RunOptions {
  /** Called before each pass. */
  onProgress?: (progress: { done: number; total: number }) => void;
  signal?: StopSignal;
}

/** Time of one pass, measured by waiting for it: the sum is a little more than a whole run. */
export interface PassTiming {
  readonly name: string;
  readonly milliseconds: number;
  readonly macs: number;
}
