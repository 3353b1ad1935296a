/** What a suite of the bench is: something that is measured, told in words, and put beside its predecessors. */
import type { Machines } from './peers/open-peers.ts';
import type { Chart } from './report/chart.ts';
import type { Plot } from './report/plot.ts';
import type { Circumstances } from './report/write.ts';

/** What a suite is given. */
export interface Setting extends Machines {
  readonly circumstances: Circumstances;
  /** As few rounds as show that it works. */
  readonly quick: boolean;
  /** Parts of names: workloads that hold none of them are left out. Empty for all. */
  readonly only: readonly string[];
  /** Parts of names: contenders that hold one of them take no part. */
  readonly without: readonly string[];
}

export interface Measured {
  /** For the terminal. */
  readonly text: string;
  /** For `bench/results`, as JSON and as a picture. */
  readonly rows: readonly object[];
  readonly picture: Chart | Plot;
  /** Where it was measured on another renderer than the device's. */
  readonly renderer?: string;
}

export interface Suite {
  readonly name: string;
  measure(setting: Setting): Promise<Measured>;
}
