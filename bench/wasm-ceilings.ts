/**
 * What the CPU can do at most from WebAssembly, by two loops of the bench's own that run in turns with the contenders,
 * as many threads as those have: multiply-adds on registers alone, and a walk through an array that no cache holds. A
 * kernel's share of the first says how far it is from arithmetic, weights' bytes over the second bound a step.
 */
import { Worker } from 'node:worker_threads';
import asc from 'assemblyscript/asc';
import type { Contender, Times } from './harness.ts';
import { median } from './statistics.ts';

/** What a probe found. */
export interface WasmCeiling {
  /** 10⁹ floating-point operations, or bytes, a second: of all threads together. */
  readonly perSecond: number;
  /** Milliseconds for 10⁹ of them, round by round: by the clock, and of all cores. */
  readonly rounds: Pick<Times, 'wall' | 'cpu'>;
  readonly threads: number;
  /** The instructions that were used, `f32x4.relaxed_madd` for example. */
  readonly instructions: string;
}

/** A loop as a contender, and what its times say. */
export interface WasmProbe {
  readonly contender: Contender;
  tell(times: Times): WasmCeiling;
}

/**
 * A sum's latency is 3 or 4 cycles, a product's too, and two of each begin in a cycle: 12 sums keep the units busy. V8
 * has 15 registers to give: with 12 sums and two factors none is spilled. 6, 8, 10 and 13 sums, and tiles that read
 * their operands from the nearest cache, were slower, with `mul` and `add` as with `relaxed_madd`.
 */
const accumulators = 12;
const repeats = 4;
const steps = 250_000;
const operations = steps * repeats * accumulators * 4 * 2;

/** Of all threads together: eight times what a large processor's last cache gives one of its groups of cores. */
const STREAM_BYTES = 2 ** 28;

/** Of `threads` threads; with the fused instruction where this runtime has it. */
export async function createMultiplyAddProbe(threads: number): Promise<WasmProbe> {
  const relaxed = await compileLoops(true);
  const isRelaxed = WebAssembly.validate(relaxed);
  const instructions = isRelaxed ? 'f32x4.relaxed_madd' : 'f32x4.mul, f32x4.add';
  const crew = await startCrew(isRelaxed ? relaxed : await compileLoops(false), threads);
  return {
    contender: crew.contender('multiply-adds only, wasm', 'multiply_add', [steps, 0.5, 0.25]),
    tell: (times) => ({ ...rateOf(times, threads * operations), threads, instructions }),
  };
}

/** Every thread reads its own share. */
export async function createStreamProbe(threads: number): Promise<WasmProbe> {
  const share = Math.ceil(STREAM_BYTES / threads / 2 ** 16) * 2 ** 16;
  const crew = await startCrew(await compileLoops(false), threads);
  await crew.call('fill', [share]);
  return {
    contender: crew.contender('stream, wasm', 'stream', [share]),
    tell: (times) => ({ ...rateOf(times, threads * share), threads, instructions: 'v128.load' }),
  };
}

function rateOf({ wall, cpu }: Times, work: number): Pick<WasmCeiling, 'perSecond' | 'rounds'> {
  const forOne = (times: readonly number[]): number[] => times.map((time) => (time * 1e9) / work);
  return { perSecond: work / (median(wall) * 1e6), rounds: { wall: forOne(wall), cpu: forOne(cpu) } };
}

const numbers = Array.from({ length: accumulators }, (_, index) => index);
const repeat = (write: (index: number) => string): string => numbers.map(write).join('\n    ');
const total = numbers.map((i) => `sum_${i}`).reduce((sum, next) => `f32x4.add(${sum}, ${next})`);

/**
 * AssemblyScript. Factors come as arguments, since constants would be made anew at every use; what is summed up is
 * bounded by the factors (½ x + ¼ goes to ½) and never becomes a subnormal number.
 */
function writeLoops(isRelaxed: boolean): string {
  const step = repeat((i) =>
    isRelaxed
      ? `sum_${i} = f32x4.relaxed_madd(sum_${i}, factor, added);`
      : `sum_${i} = f32x4.add(f32x4.mul(sum_${i}, factor), added);`,
  );
  return `
export function multiply_add(steps: i32, factor_0: f32, added_0: f32): f32 {
  const factor = f32x4.splat(factor_0), added = f32x4.splat(added_0);
    ${repeat((i) => `let sum_${i} = f32x4.splat(factor_0 * <f32>${i}.5);`)}
  for (let step = 0; step < steps; step++) {
    ${Array(repeats).fill(step).join('\n    ')}
  }
  return f32x4.extract_lane(${total}, 0);
}

export function fill(bytes: i32): void {
  memory.grow(bytes >> 16);
  for (let at = 0; at < bytes; at += 4) store<f32>(at, 1);
}

export function stream(bytes: i32): f32 {
    ${repeat((i) => `let sum_${i} = f32x4.splat(0);`)}
  const end = bytes - ${16 * accumulators};
  for (let at = 0; at <= end; at += ${16 * accumulators}) {
    ${repeat((i) => `sum_${i} = f32x4.add(sum_${i}, v128.load(at, ${16 * i}));`)}
  }
  return f32x4.extract_lane(${total}, 0);
}
`;
}

async function compileLoops(isRelaxed: boolean): Promise<Uint8Array<ArrayBuffer>> {
  const { error, binary, stderr } = await asc.compileString(writeLoops(isRelaxed), {
    optimizeLevel: 3,
    runtime: 'stub',
    enable: ['simd', ...(isRelaxed ? ['relaxed-simd'] : [])],
  });
  if (error !== null || binary === null) throw new Error(`compileLoops: ${error?.message}\n${stderr.toString()}`);
  return new Uint8Array(binary);
}

interface Crew {
  call(name: string, given: readonly number[]): Promise<number[]>;
  contender(name: string, loop: string, given: readonly number[]): Contender;
}

/** Threads that each have an instance of the module, and so a memory of their own. */
async function startCrew(module: Uint8Array, threads: number): Promise<Crew> {
  const script = new URL('wasm-ceilings-worker.mjs', import.meta.url);
  const workers = Array.from({ length: threads }, () => new Worker(script, { workerData: module }));
  for (const worker of workers) worker.unref(); // what waits for an answer keeps the process alive
  const call = (name: string, given: readonly number[]): Promise<number[]> =>
    Promise.all(workers.map((worker) => ask(worker, { name, given })));
  await call('multiply_add', [1, 1, 0]);
  return {
    call,
    contender: (name, loop, given) => ({
      name: `${name} ×${threads}`,
      run: () => call(loop, given),
      dispose: () => workers.forEach((worker) => void worker.terminate()),
    }),
  };
}

function ask(worker: Worker, message: object): Promise<number> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void): void => {
      worker.off('message', take).off('error', fail).unref();
      finish();
    };
    const take = (answer: number): void => settle(() => resolve(answer));
    const fail = (error: unknown): void => settle(() => reject(error));
    worker.ref();
    worker.on('message', take).on('error', fail);
    worker.postMessage(message);
  });
}
