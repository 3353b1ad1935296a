/**
 * A training run that one can live with: steps, and around them checkpoints, a log, curves and pictures in one folder.
 * Whatever ends it, it goes on from its last checkpoint bit for bit: a step is a function of the weights, the moments
 * and its number, on a device of the same kind with the same kernels.
 *
 * Files: `checkpoints/` (checkpoint.ts), `log.jsonl`, `curves.svg`, `look-<step>.png`, and in the end the model folder.
 */
import { join } from 'node:path';
import { AbortedError, ContextError, DalleError } from '../../base/errors.ts';
import { writeFileAtomically } from '../../base/node/write-file.ts';
import type { Device } from '../../engine/index.ts';
import { savePng } from '../../images/node/save.ts';
import { writeModelFolder } from '../../weights-convert/node/write-model-folder.ts';
import { drawCurves } from '../curves.ts';
import { listParameters, type Checkpoints, type FoundCheckpoint, type RunDevice } from './checkpoint.ts';
import { RunLog } from './run-log.ts';
import { openRunSession, type RunSession } from './run-session.ts';
import type { Look, RunStage } from './run-stage.ts';
import { joinProvenance } from './trained-weights.ts';

/** Where and how a run is made. */
export interface RunOptions {
  /** The folder of the run and of its model. */
  readonly out: string;
  readonly checkpoints: Checkpoints;
  /** What to go on from [the beginning]. */
  readonly from: FoundCheckpoint | undefined;
  /** Opens a device, with the kernels of a checkpoint where there is one. */
  openDevice(wanted: RunDevice | undefined): Promise<Device>;
  readonly checkpointMinutes: number;
  readonly lookMinutes: number;
  readonly signal: AbortSignal;
  /** Told of each step. */
  onStep?(step: number, loss: number): void;
  /** Told what a person should know. */
  onNote?(line: string): void;
}

/** How a run ended. */
export interface RunResult {
  readonly steps: number;
  readonly loss: number;
  readonly seconds: number;
  /** Steps whose gradient was not finite. */
  readonly skipped: number;
  /** Of the last look. */
  readonly numbers: Readonly<Record<string, number>>;
}

/** Steps in a row without a finite gradient that are enough to give up. */
const MOST_SKIPPED = 100;
/** Devices in a row that are lost before a single step. */
const MOST_LOST = 3;
const MINUTE = 60_000;

/** One run, from its beginning or a checkpoint to its model. */
export class Run {
  private readonly stage: RunStage;
  private readonly options: RunOptions;
  private readonly log: RunLog;
  private last: FoundCheckpoint | undefined;
  private step = 0;
  private loss = NaN;
  private skipped = 0;
  private skippedInARow = 0;
  private seconds = 0;
  private written = -1;
  private numbers: Look['numbers'] = {};

  constructor(stage: RunStage, options: RunOptions) {
    this.stage = stage;
    this.options = options;
    this.last = options.from;
    this.log = new RunLog(join(options.out, 'log.jsonl'), (error) =>
      this.note(`the log cannot be written any more, and training goes on: ${describe(error)}`),
    );
  }

  /**
   * Trains to the end and writes the model.
   *
   * @throws MemoryError `E_MEMORY` before anything else; DalleError `E_NOT_FINITE`, `E_DISK_FULL` where not even the
   *   first checkpoint or the model can be written; AbortedError `E_ABORTED` after a last checkpoint
   */
  async train(): Promise<RunResult> {
    for (let lost = 0; ;) {
      const session = await this.begin();
      const { step } = this;
      try {
        await this.trainOn(session);
        await this.finish(session);
        const { loss, seconds, skipped, numbers } = this;
        return { steps: this.stage.steps, loss, seconds, skipped, numbers };
      } catch (error) {
        if (error instanceof AbortedError) await this.stop(session);
        lost = this.step > step ? 1 : lost + 1;
        if (!(error instanceof ContextError) || session.device.isUsable || lost >= MOST_LOST) throw error;
        this.note(`${describe(error)} Another device is opened, and training goes on from the last checkpoint.`);
      } finally {
        session.trainer.dispose();
        session.device.dispose();
      }
    }
  }

  /** Back to the last checkpoint, on a device of its own. */
  private async begin(): Promise<RunSession> {
    const { stage, options, last } = this;
    const session = await openRunSession(stage, last, (wanted) => options.openDevice(wanted));
    if (last === options.from) this.note(session.memory);
    const { step = 0, skipped = 0, seconds = 0 } = last?.record ?? {};
    Object.assign(this, { step, skipped, seconds, skippedInARow: 0, written: last ? step : -1 });
    await this.log.goOnFrom(step);
    return session;
  }

  private async trainOn(session: RunSession): Promise<void> {
    const { stage, options } = this;
    const { checkpointMinutes, lookMinutes, signal } = options;
    // At once, so that a disk without room is found now, and a run killed early has where to go on from.
    if (this.written < 0) await this.writeCheckpoint(session);
    let [keptAt, lookedAt] = [performance.now(), performance.now()];
    while (this.step < stage.steps) {
      await this.makeStep(session);
      if (performance.now() - keptAt >= checkpointMinutes * MINUTE && this.step < stage.steps) {
        await this.tryCheckpoint(session);
        keptAt = performance.now();
      }
      if (performance.now() - lookedAt >= lookMinutes * MINUTE && this.step < stage.steps) {
        await this.look(session);
        lookedAt = performance.now();
      }
      if (signal.aborted) throw new AbortedError('E_ABORTED', 'train: stopped on request.', { cause: signal.reason });
    }
  }

  private async makeStep({ trainer }: RunSession): Promise<void> {
    const { stage, options } = this;
    const { signal } = options;
    const start = performance.now();
    const step = this.step + 1;
    const rate = stage.rateAt(step);
    const inputs = await stage.inputsAt(step, signal);
    const { loss, norm, skipped, reports } = await trainer.step(step, rate, inputs, { signal });
    const seconds = (performance.now() - start) / 1000;
    Object.assign(this, { step, loss, seconds: this.seconds + seconds, skipped: this.skipped + Number(skipped) });
    this.skippedInARow = skipped ? this.skippedInARow + 1 : 0;
    await this.log.add({ kind: 'step', step, loss, norm, rate, skipped, ...reports, seconds: round(seconds) });
    options.onStep?.(step, loss);
    if (this.skippedInARow >= MOST_SKIPPED) throw notFinite(step);
  }

  /** Ctrl-C: what was trained is kept. */
  private async stop(session: RunSession): Promise<void> {
    if (this.step > this.written) await this.tryCheckpoint(session);
    if (this.written >= 0) this.note(`stopped after step ${this.step}; go on from step ${this.written} with --resume`);
  }

  /** A full disk costs this checkpoint and no more. */
  private async tryCheckpoint(session: RunSession): Promise<void> {
    try {
      await this.writeCheckpoint(session);
    } catch (error) {
      if (!(error instanceof DalleError) || error instanceof ContextError) throw error;
      this.note(`no checkpoint at step ${this.step}, the one of step ${this.written} stays: ${describe(error)}`);
    }
  }

  private async writeCheckpoint({ device, trainer }: RunSession): Promise<void> {
    const { stage, options, step, skipped, seconds } = this;
    const { kind, kernels } = device;
    const parameters = listParameters(stage.task.specs);
    const record = { step, settings: stage.settings, device: { kind, kernels }, parameters, skipped, seconds };
    const checkpoint = await options.checkpoints.write(record, await trainer.read());
    Object.assign(this, { written: step, last: checkpoint });
    await this.log.add({ kind: 'checkpoint', step, bytes: checkpoint.bytes });
    await this.drawCurves();
  }

  private async look({ device, parameters, trainer }: RunSession): Promise<void> {
    const { stage, options, step } = this;
    if (!stage.look) return;
    const { average } = await trainer.read();
    const { numbers, picture } = await stage.look(device, parameters.split(average), options.signal);
    this.numbers = numbers;
    await this.log.add({ kind: 'look', step, ...numbers });
    const words = Object.entries(numbers).map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`);
    this.note(`step ${step}: ${words.join(', ')}`);
    if (picture) await this.write(`look-${String(step).padStart(8, '0')}.png`, (path) => savePng(path, picture));
  }

  private async finish(session: RunSession): Promise<void> {
    const { stage, options } = this;
    if (this.step > this.written) await this.tryCheckpoint(session);
    await this.look(session);
    const { average } = await session.trainer.read();
    const { out, signal } = options;
    const { parts, tokenizer, close } = await stage.makeModel(session.parameters.split(average));
    const provenance = joinProvenance(stage.bases ?? []);
    const model = { parts, ...(tokenizer && { tokenizer }) };
    await writeModelFolder({ out, ...model, force: true, provenance, signal }).finally(close);
    await this.drawCurves();
  }

  private async drawCurves(): Promise<void> {
    const text = drawCurves(this.log.listCurves(), this.stage.steps);
    await this.write('curves.svg', (path) => writeFileAtomically(path, [new TextEncoder().encode(text)]));
  }

  /** A picture that cannot be written is no reason to stop. */
  private async write(name: string, work: (path: string) => Promise<void>): Promise<void> {
    try {
      await work(join(this.options.out, name));
    } catch (error) {
      this.note(`${name} was not written: ${describe(error)}`);
    }
  }

  private note(line: string): void {
    this.options.onNote?.(line);
  }
}

function notFinite(step: number): DalleError {
  return new DalleError(
    'E_NOT_FINITE',
    `train: the gradients of ${MOST_SKIPPED} steps in a row, up to step ${step}, were not finite, so nothing was learnt in ` +
      'them. The learning rate is probably too high: begin anew with a lower --rate.',
  );
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function round(seconds: number): number {
  return Number(seconds.toFixed(4));
}
