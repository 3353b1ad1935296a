/**
 * Single kernels at the shapes the dVAE and the transformer meet, each engine in turns, beside what the device can do
 * at most. Every sample is: draw from operands on the device, read one pixel's channels or one row.
 */
import type { HarnessOptions, Times } from '../harness.ts';
import type { Peer, PreparedKernel } from '../peers/peer.ts';
import { disposeProbes, interleaveWithProbes } from '../probes.ts';
import type { Bounds, Probes } from '../probes.ts';
import { checkAnswer, countMacs, describeWorkload, makeOperands } from '../workload.ts';
import type { ConvolutionWorkload, Workload } from '../workload.ts';

const conv = (inputs: number, outputs: number, kernel: number, side: number): ConvolutionWorkload => ({
  kind: 'conv2d',
  inputs,
  outputs,
  kernel,
  side,
});

/** Shapes of the official nets: hidden 3×3 convolutions of each group, 1×1 between, the 7×7 at the input (smaller). */
export const kernelWorkloads: readonly Workload[] = [
  conv(64, 64, 3, 256),
  conv(64, 64, 3, 128),
  conv(128, 128, 3, 128),
  conv(128, 128, 3, 64),
  conv(256, 256, 3, 64),
  conv(512, 512, 3, 32),
  conv(512, 128, 1, 64),
  conv(2048, 512, 1, 32),
  conv(3, 256, 7, 128),
  { kind: 'matmul', side: 512 },
  { kind: 'matmul', side: 1024 },
];

/** What bounds a contender: the arithmetic and fetches of WebGL, or the multiply-adds of WebAssembly. */
export type BoundKind = 'webgl' | 'wasm';

/** Times of one contender, and what they are held against. */
export interface BoundTimes extends Times {
  readonly bound?: BoundKind | undefined;
  /** Texture reads of a run. */
  readonly fetches?: number | undefined;
}

export interface KernelResult {
  readonly workload: string;
  readonly macs: number;
  /** The one that others are compared with first. */
  readonly times: readonly BoundTimes[];
  /** From the same rounds. */
  readonly bounds: Bounds;
}

/** @param onResult called after each workload, so that a long run shows where it is */
export async function runKernelSuite(
  probes: Probes,
  peers: readonly Peer[],
  workloads: readonly Workload[],
  options: HarnessOptions = {},
  onResult: (result: KernelResult) => void = () => {},
): Promise<KernelResult[]> {
  try {
    const results: KernelResult[] = [];
    for (const workload of workloads) {
      const result = await measureKernel(peers, probes, workload, options);
      onResult(result);
      results.push(result);
    }
    return results;
  } finally {
    disposeProbes(probes);
  }
}

async function measureKernel(
  peers: readonly Peer[],
  probes: Probes,
  workload: Workload,
  options: HarnessOptions,
): Promise<KernelResult> {
  const operands = makeOperands(workload);
  const kernels: PreparedKernel[] = [];
  try {
    for (const peer of peers) {
      const kernel = await peer.prepare(workload, operands);
      if (!kernel) continue;
      kernels.push(kernel);
      checkAnswer(kernel.name, workload, await kernel.run(), operands);
    }
    const { times, bounds } = await interleaveWithProbes(kernels, probes, options);
    return {
      workload: describeWorkload(workload),
      macs: countMacs(workload),
      times: times.map((measured, index) => {
        const { bound, fetches } = kernels[index]!;
        return { ...measured, bound, fetches };
      }),
      bounds,
    };
  } finally {
    for (const kernel of kernels) kernel.dispose();
  }
}
