/**
 * The session of a net: what it has compiled, what is running, and its end. A plan holds its weights on the device, so
 * the latest of each kind is kept and the one before it goes; plans that only one caller may use at a time are lent.
 * A run stays whole whatever is planned or disposed meanwhile: a plan lets go of its memory once no run needs it. The
 * session also owns the net's files: nobody else closes them once the net has them.
 */
import { ContextError } from '../base/errors.ts';

/** A plan, or several that share what they keep on the device. */
interface Held {
  dispose(): void;
}

interface Closable {
  close(): Promise<void>;
}

interface Kept {
  readonly key: string;
  readonly plan: Held;
}

/** What every disposed model says. */
export function disposedError(where: string, what: string): ContextError {
  return new ContextError('E_DISPOSED', `${where}: this ${what} was disposed. Load it again.`);
}

export class Plans {
  private readonly what: string;
  private readonly files: readonly Closable[];
  private readonly kept = new Map<string, Kept>();
  private readonly loans = new Set<Loan<Held>>();
  private readonly working = new Set<Promise<unknown>>();
  private disposed = false;
  private ended: Promise<void> | undefined;

  /**
   * @param what the net in words, for `E_DISPOSED`
   * @param files closed when the net is disposed
   */
  constructor(what: string, files: readonly (Closable | undefined)[] = []) {
    this.what = what;
    this.files = files.filter((file) => file !== undefined);
  }

  get isDisposed(): boolean {
    return this.disposed;
  }

  /** Throws ContextError `E_DISPOSED` once the net is disposed. */
  check(where: string): void {
    if (this.disposed) throw disposedError(where, this.what);
  }

  /** The plan of a kind for a key, made where the latest of that kind is for another one. */
  get<Plan extends Held>(kind: string, key: string, make: () => Plan): Plan {
    const plan = this.take(kind, key, make);
    this.kept.set(kind, { key, plan });
    return plan;
  }

  /** The same for one caller alone, who gives it back for the next one of that kind. */
  lend<Plan extends Held>(kind: string, key: string, make: () => Plan): Loan<Plan> {
    const plan = this.take(kind, key, make);
    const loan: Loan<Plan> = new Loan(plan, this, () => {
      this.loans.delete(loan);
      if (this.disposed) return plan.dispose();
      this.kept.get(kind)?.plan.dispose();
      this.kept.set(kind, { key, plan });
    });
    this.loans.add(loan);
    return loan;
  }

  /** Waits for a run, and knows of it meanwhile. */
  async track<Result>(run: Promise<Result>): Promise<Result> {
    this.working.add(run);
    try {
      return await run;
    } finally {
      this.working.delete(run);
    }
  }

  /** Frees what is on the device, what is lent too, and closes the files, once work under way is done. */
  dispose(): Promise<void> {
    this.disposed = true;
    return (this.ended ??= this.end());
  }

  private async end(): Promise<void> {
    for (const { plan } of this.kept.values()) plan.dispose();
    this.kept.clear();
    for (const loan of [...this.loans]) loan.giveBack();
    await Promise.allSettled(this.working);
    await Promise.all(this.files.map((file) => file.close()));
  }

  /** The kept plan if it fits, else a new one in its place. The one before goes first: its memory serves the next. */
  private take<Plan extends Held>(kind: string, key: string, make: () => Plan): Plan {
    const known = this.kept.get(kind);
    this.kept.delete(kind);
    if (known?.key === key) return known.plan as Plan;
    known?.plan.dispose();
    return make();
  }
}

/** A plan in the hands of one caller. */
export class Loan<Plan extends Held> {
  readonly plan: Plan;
  private readonly session: Plans;
  private readonly takeBack: () => void;
  private running = 0;
  private over = false;

  /** @param takeBack called once, when it is over and nothing runs */
  constructor(plan: Plan, session: Plans, takeBack: () => void) {
    this.plan = plan;
    this.session = session;
    this.takeBack = takeBack;
  }

  /** Whether it was given back, or the session has ended. */
  get isOver(): boolean {
    return this.over;
  }

  /** Waits for a run of it. */
  track<Result>(run: Promise<Result>): Promise<Result> {
    return this.session.track(this.count(run));
  }

  /** Lets it go, once a run under way is done. */
  giveBack(): void {
    if (this.over) return;
    this.over = true;
    this.endIfIdle();
  }

  private async count<Result>(run: Promise<Result>): Promise<Result> {
    this.running++;
    try {
      return await run;
    } finally {
      this.running--;
      this.endIfIdle();
    }
  }

  private endIfIdle(): void {
    if (this.over && this.running === 0) this.takeBack();
  }
}
