/**
 * A training step of whatever net: the loss of a batch, its gradients, the optimiser, as one plan whose effects are all
 * that changes. A batch too large for the device is given in parts, whose gradients are added up; noise goes by sample,
 * so that parts change nothing but rounding.
 *
 * A task (dvae.ts, transformer.ts) says what the weights are and what the loss is; the loop around the steps, with its
 * files, is in node/.
 */
import { argumentError, checkFunction, checkObject } from '../base/check-argument.ts';
import { State, checkDevice, tensor } from '../engine/index.ts';
import type { Compiled, Device, RunInputs, RunOptions, Tensor, TensorType } from '../engine/index.ts';
import type { WeightTree } from '../nets/weight-tree.ts';
import { add, assign, compile, concat, gradients, mul, reshape } from '../ops/index.ts';
import { RATES, optimize, ratesAt } from './optimizer.ts';
import type { OptimizerSettings } from './optimizer.ts';
import { Parameters, TRACKS } from './parameters.ts';
import type { ParameterSpec, Track } from './parameters.ts';

/** What is trained, and towards what. */
export interface TrainingTask {
  /** The weights, in the order in which a step makes their gradients: those of the last layer first. */
  readonly specs: readonly ParameterSpec[];
  /** Weights that the nets read and that stay as they are. */
  readonly frozen?: WeightTree;
  /** What a step is given: a batch, and numbers of schedules. One of them may be called `rates` in no task. */
  readonly inputs: Readonly<Record<string, TensorType>>;
  readonly settings: OptimizerSettings;
  /** The loss, a mean over the samples of the batch, and numbers to report; each of one element. */
  computeLoss(weights: WeightTree, inputs: Readonly<Record<string, Tensor>>): LossParts;
}

/** What a task makes of a batch. */
interface LossParts {
  readonly loss: Tensor;
  readonly reports: Readonly<Record<string, Tensor>>;
}

/** What a step says. */
interface StepReport {
  readonly loss: number;
  /** Norm of the gradient, before it is clipped. */
  readonly norm: number;
  /** The gradient was not finite, so that nothing has changed. */
  readonly skipped: boolean;
  /** The task's own numbers, means over the parts. */
  readonly reports: Readonly<Record<string, number>>;
}

type Plan = Compiled<{ readonly numbers: Tensor; readonly effects: readonly Tensor[] }>;

/** Numbers that every step reads back before those of the task: loss, sum of squares, scale. */
const COMMON = 3;

/** Makes steps of a task on a device. */
export class Trainer {
  readonly parameters: Parameters;
  private readonly task: TrainingTask;
  private readonly parts: number;
  /** The gradients of the parts before the last, where there are several. */
  private readonly gathered: State;
  private readonly gather: Plan | undefined;
  private readonly finish: Plan;
  private readonly readTracks: Compiled<Record<Track, Tensor>>;
  private names: readonly string[] = [];

  /** @param parts how many batches make a step [1] */
  constructor(device: Device, task: TrainingTask, parameters: Parameters, parts = 1) {
    if (!Number.isSafeInteger(parts) || parts < 1)
      throw argumentError('Trainer', 'parts, a whole number from 1', parts);
    checkDevice('Trainer', device);
    checkObject('Trainer', 'task', task);
    checkObject('Trainer', 'inputs', task.inputs);
    checkObject('Trainer', 'settings', task.settings);
    checkFunction('Trainer', 'computeLoss', task.computeLoss);
    if (!(parameters instanceof Parameters)) throw argumentError('Trainer', 'Parameters', parameters);
    this.task = task;
    this.parameters = parameters;
    this.parts = parts;
    const { type } = parameters.states.weights;
    this.gathered = new State('train.gathered', type, {
      initial: () => new Float32Array(type.shape[0]! * type.shape[1]!),
    });
    const inputs = { ...task.inputs, rates: [RATES], keep: [1] };
    this.finish = compile(device, (given) => this.traceFinish(given), inputs);
    this.gather = parts > 1 ? compile(device, (given) => this.traceGather(given), inputs) : undefined;
    const tracks = Object.fromEntries(TRACKS.map((track) => [track, parameters.states[track].tensor]));
    this.readTracks = compile(device, () => tracks as Record<Track, Tensor>, {});
  }

  /**
   * One step, whole or not at all.
   * @param step from 1 on, for the optimiser's corrections
   * @param batches one for each part, in order
   */
  async step(
    step: number,
    learningRate: number,
    batches: readonly RunInputs[],
    options: RunOptions = {},
  ): Promise<StepReport> {
    if (batches.length !== this.parts) throw argumentError('step', `${this.parts} batches`, batches);
    const rates = ratesAt(step, learningRate, this.task.settings);
    const all: Float32Array[] = [];
    for (const [at, batch] of batches.entries()) {
      const plan = at === this.parts - 1 ? this.finish : this.gather!;
      const { numbers } = await plan.run({ ...batch, rates, keep: [at === 0 ? 0 : 1] }, options);
      all.push(numbers as Float32Array);
    }
    const mean = (at: number): number => all.reduce((total, numbers) => total + numbers[at]!, 0) / this.parts;
    const last = all.at(-1)!;
    return {
      loss: mean(0),
      norm: Math.sqrt(last[1]!),
      skipped: last[2]! < 0,
      reports: Object.fromEntries(this.names.map((name, at) => [name, mean(COMMON + at)])),
    };
  }

  /** Weights, moments and average, as they lie in rows: what a checkpoint holds. */
  async read(): Promise<Record<Track, Float32Array>> {
    return (await this.readTracks.run({})) as Record<Track, Float32Array>;
  }

  /** The plans in words. */
  explain(): string {
    return [this.gather, this.finish].flatMap((plan) => (plan ? [plan.explain()] : [])).join('\n\n');
  }

  /** Milliseconds of every op of a step; the step is made. */
  profile(step: number, learningRate: number, batch: RunInputs): ReturnType<Plan['profile']> {
    return this.finish.profile({ ...batch, rates: ratesAt(step, learningRate, this.task.settings), keep: [0] });
  }

  /** Frees plans and states. */
  dispose(): void {
    for (const plan of [this.gather, this.finish, this.readTracks]) plan?.dispose();
    this.gathered.dispose();
    this.parameters.dispose();
  }

  /** The gradient of a part, as the weights lie, and what is reported of it. */
  private traceGradient(given: Readonly<Record<string, Tensor>>): {
    gradient: Tensor;
    loss: Tensor;
    reports: Tensor[];
  } {
    const { task, parameters } = this;
    const { loss, reports } = task.computeLoss(parameters.tree(task.frozen), given);
    this.names = Object.keys(reports);
    const gradient = parameters.join(gradients(loss, parameters.list()));
    return { gradient, loss, reports: Object.values(reports) };
  }

  private traceGather(given: Readonly<Record<string, Tensor>>): { numbers: Tensor; effects: Tensor[] } {
    const { gradient, loss, reports } = this.traceGradient(given);
    const sum = add(mul(this.gathered.tensor, given['keep']!), gradient);
    return { numbers: joinNumbers([loss, loss, loss, ...reports]), effects: [assign(this.gathered, sum)] };
  }

  private traceFinish(given: Readonly<Record<string, Tensor>>): { numbers: Tensor; effects: readonly Tensor[] } {
    const { gradient, loss, reports } = this.traceGradient(given);
    const { parts, gathered, parameters, task } = this;
    const share = tensor([1 / parts], []);
    const whole = parts > 1 ? mul(add(gathered.tensor, gradient), share) : gradient;
    const { effects, squares, scale } = optimize(parameters, whole, given['rates']!, task.settings);
    return { numbers: joinNumbers([loss, squares, scale, ...reports]), effects };
  }
}

/** Numbers of one element each as one tensor, so that a step reads back once. */
function joinNumbers(numbers: readonly Tensor[]): Tensor {
  return concat(
    numbers.map((number) => reshape(number, [1])),
    0,
  );
}
