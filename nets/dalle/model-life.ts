/**
 * The life of a model: whatever it is doing ends when it, or a part of it, is disposed. Runs stop at their next
 * portion, and whoever waits for them hears `E_DISPOSED`.
 */
import { AbortedError } from '../../base/errors.ts';
import type { RunOptions, StopSignal } from '../../ops/index.ts';
import { disposedError } from '../plans.ts';

interface Part {
  readonly isDisposed: boolean;
}

export class ModelLife {
  private readonly parts: readonly Part[];
  private ended = false;

  /** @param parts nets without which it cannot go on */
  constructor(parts: readonly Part[]) {
    this.parts = parts;
  }

  /** Whether it, or a part of it, was disposed. */
  get isOver(): boolean {
    return this.ended || this.parts.some(({ isDisposed }) => isDisposed);
  }

  end(): void {
    this.ended = true;
  }

  /** Throws ContextError `E_DISPOSED` once it is over. */
  check(where: string): void {
    if (this.isOver) throw disposedError(where, 'model');
  }

  /** For runs that stop when the caller says so, and when the life ends. */
  runOptions(signal: StopSignal | undefined): RunOptions {
    const isOver = (): boolean => this.isOver;
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
