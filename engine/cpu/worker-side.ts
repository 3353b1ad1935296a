/**
 * What a worker of the CPU device does: as the leader it runs programs, as a helper it takes part in the leader's calls
 * until it is ended.
 */
import { DalleError } from '../../base/errors.ts';
import type { Op } from '../op.ts';
import { Crew, StopWord } from './crew.ts';
import { copyIn } from './inline-runner.ts';
import { Machine } from './machine.ts';
import type { RunCall } from './machine.ts';
import { MOST_BYTES } from './arena.ts';
import { growTo, PAGE } from './memory.ts';
import type { Opening, Order, Report, SentError } from './messages.ts';
import type { ProgramStep } from './program.ts';

/** What the surroundings of a worker give it. */
interface WorkerHost {
  report(report: Report): void;
  /** Lets messages come in. */
  giveTurn(): Promise<void>;
  /** Ops by name, for plain loops; fetched when the first is wanted. */
  loadOps(): Promise<ReadonlyMap<string, Op>>;
}

/** Thrown by the leader at itself when the caller wants a stop. */
class Stop extends Error {}

/** Answers orders; each must be awaited before the next, but for `stop`. */
export function createWorkerSide(host: WorkerHost): (order: Order) => Promise<void> {
  let leader: Leader | undefined;
  return async (order) => {
    if (order.kind !== 'open') return leader!.obey(order);
    const memory =
      order.memory ?? new WebAssembly.Memory({ initial: order.pages, maximum: MOST_BYTES / PAGE, shared: false });
    const machine = new Machine(order.module, memory, order.scratch);
    const crew = order.memory ? new Crew(memory, machine.listKernels(), order.scratch) : undefined;
    if (order.role === 'leader') leader = new Leader(host, order, machine, crew);
    host.report({ kind: 'ready' });
    if (order.role === 'leader') return;
    try {
      crew!.help();
    } catch (error) {
      crew!.break();
      host.report({ kind: 'failed', run: -1, error: describeError(error), isBroken: true });
    }
  };
}

class Leader {
  private readonly host: WorkerHost;
  private readonly machine: Machine;
  private readonly crew: Crew | undefined;
  private readonly stop: StopWord;
  private readonly programs = new Map<number, Promise<readonly ProgramStep[]>>();
  /** Whether the caller sets the word to stop by itself. */
  private readonly isShared: boolean;
  private last: Promise<void> = Promise.resolve();

  constructor(host: WorkerHost, { helpers, memory }: Opening, machine: Machine, crew: Crew | undefined) {
    this.host = host;
    this.machine = machine;
    this.crew = helpers > 0 ? crew : undefined;
    this.stop = new StopWord(machine.memory);
    this.isShared = memory !== undefined;
  }

  /** One order after another, but for the one to stop. */
  async obey(order: Order): Promise<void> {
    if (order.kind === 'stop') return this.stop.set(true);
    this.last = this.last
      .then(() => this.follow(order))
      .catch((error: unknown) => {
        // Whoever waits for what comes after would wait for ever.
        this.host.report({ kind: 'failed', run: -1, error: describeError(error), isBroken: true });
      });
    return this.last;
  }

  private async follow(order: Order): Promise<void> {
    const { machine, host } = this;
    switch (order.kind) {
      case 'program':
        this.programs.set(order.program, this.findOps(order.steps));
        return;
      case 'forget':
        this.programs.delete(order.program);
        return;
      case 'reserve':
        return growTo(machine.memory, order.bytes);
      case 'write':
        return copyIn(machine.memory, order.address, order.bytes);
      case 'read': {
        const bytes = new Uint8Array(machine.memory.buffer, order.address, order.length).slice();
        return host.report({ kind: 'bytes', run: order.run, bytes });
      }
      case 'run':
        return this.run(order.run, order.program, order.timed);
    }
  }

  private async run(run: number, program: number, timed: boolean): Promise<void> {
    const { host, machine, crew, stop } = this;
    if (!this.isShared) stop.set(false); // a wish that came when the run before it was over
    const between = async (done: number): Promise<void> => {
      host.report({ kind: 'progress', run, done });
      await host.giveTurn();
      if (stop.isSet) throw new Stop();
    };
    try {
      const steps = await this.programs.get(program)!;
      const runCall: RunCall = (call, kernel) => {
        if (crew && call.items > 1) crew.share(call, kernel);
        else machine.runAlone(call, kernel);
      };
      const times = await machine.run(steps, between, timed, runCall);
      host.report({ kind: 'done', run, times });
    } catch (error) {
      const isBroken = !(error instanceof Stop) && !(error instanceof DalleError);
      host.report({ kind: 'failed', run, error: describeError(error), isBroken });
    }
  }

  /** Ops in the place of their names. */
  private async findOps(steps: readonly ProgramStep[]): Promise<readonly ProgramStep[]> {
    if (!steps.some(({ loop }) => loop)) return steps;
    const ops = await this.host.loadOps();
    return steps.map((step) => (step.loop ? { loop: { ...step.loop, op: ops.get(step.loop.op as string)! } } : step));
  }
}

function describeError(error: unknown): SentError {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { name, message, ...(error instanceof DalleError && { code: error.code }) };
}
