/**
 * What the kernel laboratory is made of. A task is one piece of work, posed in the engine's plain ops, whose reference
 * loops are the truth; a version is one way to compute it. After the kernel laboratory of llm.c (dev/cuda): versions in
 * increasing complexity, each checked before it is timed.
 */
import type { Rule, Tensor } from '../../engine/index.ts';
import type { WinogradMatrices } from '../../ops/winograd/matrices.ts';

export interface Task {
  /** For people: `conv 3×3 64→64 at 128²`. */
  readonly label: string;
  /** The work in plain ops over constants. */
  readonly plain: Tensor;
  /** The same graph on squared operands: Σ(ab)² of each element; and on absolute ones: Σ|ab|. */
  readonly squares: Tensor;
  readonly absolute: Tensor;
  /** Terms of the longest sum, bias and residual among them; 0 where the result must be exact. */
  readonly terms: number;
  /** Multiply-adds, counted the naive way; 0 for work that has none. */
  readonly macs: number;
}

export interface Version {
  /** `v3 one pixel`: the number says where it stands in the story. */
  readonly name: string;
  /** One sentence: why it is faster than what came before, or was hoped to be. */
  readonly why: string;
  /** The task's `plain` tensor computed this way, its elements in the same row-major order, in any shape. */
  compute(plain: Tensor): Tensor;
  /** Rules of the engine to compile with [none]. */
  readonly rules?: readonly Rule[];
  /** Whether the engine computes this way today: others are compared with it. One version of an experiment. */
  readonly isEngineDefault?: boolean;
  /** Set where the version cancels large terms as Winograd's F(m×m, 3×3) does: it is held to the bound of such. */
  readonly winograd?: WinogradMatrices;
  /** Set where operands and result are rounded to half: it is held to the bound of such. */
  readonly halves?: boolean;
}

export interface Experiment {
  /** By which it is asked for on the command line. */
  readonly name: string;
  readonly versions: readonly Version[];
  /** The task at a size worth timing, and one small and awkward enough for a test. */
  createTask(): Task;
  createTinyTask(): Task;
}
