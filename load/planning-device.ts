/**
 * A device that computes nothing: what nets load on it is planned as on a real one, and what that would take is noted.
 * Results are zeros. So a model of any size can be asked about, by the very code that would run it.
 */
import { placeValues } from '../engine/cpu/places.ts';
import { planDraws, sizeOf } from '../engine/index.ts';
import type {
  CpuChoice,
  Device,
  DrawLimits,
  Executable,
  KernelChoice,
  Plan,
  RunOutput,
  Step,
  Tensor,
  Value,
} from '../engine/index.ts';

/** The device that is stood for. */
export type PlannedForm =
  | { readonly kind: 'webgl'; readonly limits: DrawLimits; readonly kernels: KernelChoice }
  | { readonly kind: 'cpu'; readonly kernels: CpuChoice };

/** What a plan does each time it is run. */
export interface PlannedWork {
  /** Draws, or steps. */
  readonly draws: number;
  /** Multiply-adds. */
  readonly macs: number;
  /** Reads of four numbers, by products whose weights serve fewer than eight rows, and by all else. */
  readonly fetches: number;
  /** Multiply-adds of products whose weights serve more: they are as quick as the device multiplies. */
  readonly denseMacs: number;
  /** Bytes of the weights that products go through. */
  readonly weightBytes: number;
}

/** Bytes on the device. */
export interface PlannedBytes {
  /** Of constants and of what is derived of them, as they are held: halves take two bytes where they stay such. */
  readonly weights: number;
  /** Of states, such as the keys and values of attention. */
  readonly states: number;
  /** The most that all else takes at once. */
  readonly other: number;
}

interface Measured {
  readonly values: readonly (Value & { readonly bytes: number })[];
  readonly peakBytes: number;
  readonly work: PlannedWork;
}

/** From so many rows on a product is as quick as the device multiplies, and not as its weights are read. */
const MANY_ROWS = 8;

/** Stands for a device of some form, and keeps a ledger. */
export class PlanningDevice implements Device {
  readonly kind: PlannedForm['kind'];
  readonly kernels: KernelChoice | CpuChoice;
  readonly asWritten = false;
  readonly isUsable = true;
  readonly description = 'a plan, which computes nothing';
  private readonly form: PlannedForm;
  private readonly kept = new Map<Tensor, number>();
  private readonly states = new Map<Tensor, number>();
  private peakBytes = 0;
  private runs: PlannedWork[] = [];

  constructor(form: PlannedForm) {
    this.form = form;
    this.kind = form.kind;
    this.kernels = form.kernels;
  }

  load(plan: Plan): Executable {
    const { values, peakBytes, work } = this.form.kind === 'webgl' ? drawn(plan, this.form.limits) : placed(plan);
    for (const { tensor, kind, bytes } of values) {
      if (kind === 'constant' || kind === 'derived') this.kept.set(tensor, bytes);
      if (kind === 'state') this.states.set(tensor, bytes);
    }
    // While a weight is packed, what it is packed of is there too.
    const packing = Math.max(0, ...values.map(({ kind, bytes }) => (kind === 'derived' ? bytes : 0)));
    this.peakBytes = Math.max(this.peakBytes, peakBytes, packing);
    return {
      prepare: async () => {},
      run: async () => {
        this.runs.push(work);
        return plan.outputs.map((index) => zeros(plan.values[index]!.tensor));
      },
      profile: async () => [],
      explain: () => this.description,
      dispose() {},
    };
  }

  /** Of all that was loaded so far. */
  get bytes(): PlannedBytes {
    return { weights: sum(this.kept.values()), states: sum(this.states.values()), other: this.peakBytes };
  }

  /** All that was run since this was last asked, as one. */
  takeWork(): PlannedWork {
    const { runs } = this;
    this.runs = [];
    const total = (name: keyof PlannedWork): number => sum(runs.map((run) => run[name]));
    return {
      draws: total('draws'),
      macs: total('macs'),
      fetches: total('fetches'),
      denseMacs: total('denseMacs'),
      weightBytes: total('weightBytes'),
    };
  }

  dispose(): void {}

  [Symbol.dispose](): void {}
}

function drawn(plan: Plan, limits: DrawLimits): Measured {
  const { slots, passes, peakBytes } = planDraws(plan, limits);
  const values = slots.map((slot) => ({ ...slot, bytes: slot.layout.bytes }));
  // What a GPU's time goes into is reads of texels, whatever is multiplied.
  const steps = passes.map((pass) => ({ ...weigh(pass, values, pass.cost.macs), fetches: pass.cost.fetches }));
  return { values, peakBytes, work: { ...total(steps), draws: passes.length, denseMacs: 0 } };
}

function placed(plan: Plan): Measured {
  const { places, peakBytes } = placeValues(plan);
  const steps = plan.steps.map((step) => {
    const { op, tensor } = step;
    const macs = op.macs?.({ attributes: tensor.attributes, inputs: tensor.inputs, output: tensor }) ?? 0;
    const weight = weigh(step, places, macs);
    const isDense = weight.numbers > 0 && macs >= MANY_ROWS * weight.numbers;
    const moved = sizeOf(tensor.shape);
    return { ...weight, fetches: (isDense ? moved : macs + moved) / 4, denseMacs: isDense ? macs : 0 };
  });
  return {
    values: places,
    peakBytes,
    work: { ...total(steps), draws: plan.steps.length, denseMacs: sum(steps.map(({ denseMacs }) => denseMacs)) },
  };
}

interface Weighed {
  readonly macs: number;
  readonly weightBytes: number;
  /** How many numbers the weights of a product have. */
  readonly numbers: number;
}

function weigh({ inputs }: Pick<Step, 'inputs'>, values: Measured['values'], macs: number): Weighed {
  const weights =
    macs > 0
      ? inputs.map((index) => values[index]!).filter(({ kind }) => kind === 'constant' || kind === 'derived')
      : [];
  return {
    macs,
    weightBytes: sum(weights.map(({ bytes }) => bytes)),
    numbers: sum(weights.map(({ tensor }) => sizeOf(tensor.shape))),
  };
}

function total(
  steps: readonly (Weighed & { readonly fetches: number })[],
): Pick<PlannedWork, 'macs' | 'fetches' | 'weightBytes'> {
  return {
    macs: sum(steps.map(({ macs }) => macs)),
    fetches: sum(steps.map(({ fetches }) => fetches)),
    weightBytes: sum(steps.map(({ weightBytes }) => weightBytes)),
  };
}

function zeros({ dtype, shape }: Tensor): RunOutput {
  return dtype === 'i32' ? new Int32Array(sizeOf(shape)) : new Float32Array(sizeOf(shape));
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
