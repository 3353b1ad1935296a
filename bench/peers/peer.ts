/** What the kernel suite asks of every engine it measures, ours among them. */
import type { Contender } from '../harness.ts';
import type { BoundKind } from '../suites/kernels.ts';
import type { Operands, Workload } from '../workload.ts';

export interface PreparedKernel extends Contender {
  /** Texture reads of one run, where the engine counts them. */
  readonly fetches?: number;
  /** Of ours, and of those that compute from WebAssembly: which ceiling its share is of. */
  readonly bound?: BoundKind;
}

export interface Peer {
  /** With its version and, where it has several ways to compute, which. */
  readonly name: string;
  /** Operands on the device, programs compiled; undefined where this engine cannot do the workload. */
  prepare(workload: Workload, operands: Operands): Promise<PreparedKernel | undefined>;
  dispose(): void;
}
