/**
 * The life of a model: whatever it is doing ends when it, or a part of it, is disposed. Runs stop at their next portion,
 * and whoever waits for them hears `E_DISPOSED`.
 */
import { AbortedError, ContextError } from '../../base/errors.ts';
import type { RunOptions, StopSignal } from '../../ops/index.ts';

export class ModelLife {
  private readonly isOver: () => boolean;

  constructor(isOver: () => boolean) {
    this.isOver = isOver;
  }

  /** Throws ContextError `E_DISPOSED` once it is over. */
  check(where: string): void {
    if (this.isOver()) throw new ContextError('E_DISPOSED', `${where}: this model was disposed. Load it again.`);
  }

  /** For runs that stop when the caller says so, and when the life ends. */
  runOptions(signal: StopSignal | undefined): RunOptions {
    const { isOver } = this;
    return {
      signal: {
        get aborted() {
          return signal?.aborted === true || isOver();
        },
        get reason() {
          return signal?.reason;
        },
      },
    };
  }

  /** What a run with such options gives; it fails with `E_DISPOSED` if that is why it stopped. */
  async finish<Result>(where: string, run: Promise<Result>): Promise<Result> {
    try {
      return await run;
    } catch (error) {
      if (error instanceof AbortedError) this.check(where);
      throw error;
    }
  }

  /** The same for steps that make such runs. */
  async *finishSteps<Step>(where: string, steps: AsyncGenerator<Step>): AsyncGenerator<Step> {
    try {
      for (;;) {
        const { done, value } = await this.finish(where, steps.next());
        if (done) return;
        yield value;
        this.check(where);
      }
    } finally {
      await steps.return(undefined);
    }
  }
}
