/**
 * Ends a transfer that stands still. A limit on the whole would refuse slow lines; a limit on silence does not.
 */

export interface StallWatch {
  /** Fires when the caller's signal does, when `during` waited too long, and at `stop`. Give it to `fetch`. */
  readonly signal: AbortSignal;
  /** True once `during` waited too long. */
  stalled(): boolean;
  /** The result of work that `signal` ends, which has `ms` milliseconds. */
  during<T>(work: Promise<T>): Promise<T>;
  /** Ends whatever goes on. */
  stop(): void;
}

export function watchStalls(ms: number, signal: AbortSignal | undefined): StallWatch {
  const controller = new AbortController();
  let hasStalled = false;
  return {
    signal: signal ? AbortSignal.any([signal, controller.signal]) : controller.signal,
    stalled: () => hasStalled,
    stop: () => controller.abort(),
    async during(work) {
      const timer = setTimeout(() => {
        hasStalled = true;
        controller.abort();
      }, ms);
      try {
        return await work;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
