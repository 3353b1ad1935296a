/**
 * Which kernels suit this processor and runtime: whether a multiply-add that rounds once is faster, and by which
 * algorithm a 3×3 convolution is computed. As for WebGL, small graphs are timed on the device itself, and the default
 * is only left for a clear win (choose-fastest.ts).
 */
import { tensor } from '../engine/index.ts';
import type { CpuChoice, Device, Tensor } from '../engine/index.ts';
import { chooseFrom } from './choose-fastest.ts';
import { compile } from './compile.ts';
import { conv2d } from './conv2d/conv2d.ts';
import { linear } from './linear/linear.ts';
import { winogradFour, winogradTwo } from './rewrite/winograd-for-cpu.ts';
import { timeRuns } from './time-runs.ts';

/** The least of so many runs counts, after one that only warms up. */
const runs = 4;

/** What calibration wants of its surroundings. */
interface CpuCalibration {
  /** Whether the runtime has relaxed SIMD. */
  readonly canRelax: boolean;
  /** Opens a device, which is disposed when the choice is made. */
  open(multiplyAdd: CpuChoice['multiplyAdd']): Promise<Device>;
}

/** The question, and between which choices it decides; the first is what was chosen so far. */
interface CpuQuestion {
  readonly result: Tensor;
  candidates(choice: CpuChoice): readonly [CpuChoice, ...CpuChoice[]];
}

/** A product of 256 rows, and a 3×3 convolution of the dVAE's smallest maps: 67 and 38 million multiply-adds. */
export function listCpuQuestions(canRelax: boolean): readonly CpuQuestion[] {
  const zeros = (...shape: number[]): Tensor => tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape);
  return [
    {
      result: linear(zeros(256, 512), zeros(512, 512)),
      candidates: (choice) => (canRelax ? [choice, { ...choice, multiplyAdd: 'relaxed' }] : [choice]),
    },
    {
      result: conv2d(zeros(1, 64, 32, 32), zeros(64, 64, 3, 3)),
      candidates: (choice) => {
        const { without } = choice;
        const byTwo = [...without, winogradFour.name];
        return [choice, { ...choice, without: byTwo }, { ...choice, without: [...byTwo, winogradTwo.name] }];
      },
    },
  ];
}

/**
 * Times candidates until `milliseconds` are over; what was not tried by then is as by default.
 * @throws whatever opening a device throws
 */
export async function calibrateCpu({ canRelax, open }: CpuCalibration, milliseconds = 200): Promise<CpuChoice> {
  const end = performance.now() + milliseconds;
  const opened = new Map<CpuChoice['multiplyAdd'], Device>();
  const deviceFor = async (multiplyAdd: CpuChoice['multiplyAdd']): Promise<Device> => {
    const device = opened.get(multiplyAdd) ?? (await open(multiplyAdd));
    opened.set(multiplyAdd, device);
    return device;
  };
  let choice: CpuChoice = { multiplyAdd: 'plain', without: [] };
  try {
    for (const { result, candidates } of listCpuQuestions(canRelax)) {
      const measure = async (candidate: CpuChoice): Promise<number | undefined> => {
        if (performance.now() >= end) return undefined;
        const { multiplyAdd, without } = candidate;
        return timeRuns(
          compile(await deviceFor(multiplyAdd), () => result, {}, { without }),
          { runs },
        );
      };
      choice = await chooseFrom(candidates(choice), measure);
    }
    return choice;
  } finally {
    for (const device of opened.values()) device.dispose();
  }
}
