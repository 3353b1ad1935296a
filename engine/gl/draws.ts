/**
 * A plan lowered to draws: a layout for every value, a shader for every step, and what textures they take. Only the
 * limits of a device are needed, never the device: draws can be planned, and printed, for a machine that is not there.
 */
import { checkNumbers, checkObject } from '../../base/check-argument.ts';
import { ShapeError, UsageError } from '../../base/errors.ts';
import type { BlockForm, FetchStyle } from '../kernel-choice.ts';
import type { Op } from '../op.ts';
import { nameOperands, planAsWritten } from '../plan.ts';
import type { Plan, Step, Value, ValueIndex } from '../plan.ts';
import { stateOf, stateOp } from '../state.ts';
import type { State } from '../state.ts';
import { isOf } from '../tensor.ts';
import type { Tensor } from '../tensor.ts';
import type { Operand, ShaderCall } from './kernel.ts';
import { bytesOf, defaultBlock, flatLayoutOf, layoutOf } from './layout.ts';
import type { Block, Layout } from './layout.ts';

/** What planning draws must know of the device. */
export interface DrawLimits {
  readonly targets: number;
  readonly maxTextureSize: number;
  readonly fetch: FetchStyle;
  /** [strip] */
  readonly block?: BlockForm;
}

/** A value of the plan and where it lies. */
export interface Slot extends Value {
  readonly layout: Layout;
}

/** Work of one pass. */
export interface Cost {
  /** Multiply-adds. */
  readonly macs: number;
  /** Texture reads. */
  readonly fetches: number;
}

/** A step of the plan and what draws it. */
export interface Pass extends Step {
  /** What the shader calls its inputs, in their order. */
  readonly operands: readonly string[];
  readonly shader: string;
  readonly cost: Cost;
}

/** A plan as a list of draws. */
export interface Draws extends Pick<Plan, 'outputs' | 'applied'> {
  readonly slots: readonly Slot[];
  readonly passes: readonly Pass[];
  /**
   * Bytes of constants and what is derived, of states, and the most that inputs and made tensors take together during a
   * run.
   */
  readonly constantBytes: number;
  readonly stateBytes: number;
  readonly peakBytes: number;
}

/** Throws UsageError `E_ARGUMENT` and ShapeError `E_ATTRIBUTE` for limits that no device has. */
export function planDraws(plan: Plan, limits: DrawLimits): Draws {
  checkObject('planDraws', 'plan', plan);
  checkLimits(limits);
  const { values, steps, outputs, applied } = plan;
  const slots = values.map(({ tensor, kind }): Slot => {
    return { tensor, kind, layout: layoutOf(tensor.type, blockOf(tensor, limits), limits) };
  });
  const passes = steps.map((step) => draftPass(step, slots, limits));
  return {
    slots,
    passes,
    outputs,
    applied,
    constantBytes: sumBytes(slots, 'constant') + sumBytes(slots, 'derived'),
    stateBytes: sumBytes(slots, 'state'),
    peakBytes: measurePeak(slots, passes),
  };
}

/** How a derived value is drawn: the passes that lead to it from constants and states, the last of which makes it. */
export interface Derivation {
  readonly slots: readonly Slot[];
  readonly passes: readonly Pass[];
}

/** Constants lie flat here: they are uploaded as they are, and sorted by the draws. */
export function planDerivation(tensor: Tensor, limits: DrawLimits): Derivation {
  const { values, steps } = planAsWritten([tensor]);
  const slots = values.map(({ tensor, kind }): Slot => {
    const isFlat = kind === 'constant' && tensor.dtype !== 'f16';
    return {
      tensor,
      kind,
      layout: isFlat ? flatLayoutOf(tensor.type, limits) : layoutOf(tensor.type, blockOf(tensor, limits), limits),
    };
  });
  return { slots, passes: steps.map((step) => draftPass(step, slots, limits)) };
}

function checkLimits(limits: DrawLimits): void {
  checkObject('planDraws', 'limits', limits);
  const { targets, maxTextureSize } = limits;
  checkNumbers('planDraws', 'targets and maxTextureSize', [targets, maxTextureSize]);
  if ([1, 2, 4, 8].includes(targets) && Number.isSafeInteger(maxTextureSize) && maxTextureSize > 0) return;
  throw new ShapeError(
    'E_ATTRIBUTE',
    `planDraws: targets is 1, 2, 4 or 8 and maxTextureSize a positive whole number, got ${targets} and ${maxTextureSize}.`,
  );
}

/** One pixel a texel, so that a row of a state is a row of its texture. */
const stateBlock: Block = { width: 1, height: 1 };

function blockOf(tensor: Tensor, { targets, block }: DrawLimits): Block {
  const { op, attributes, type } = tensor;
  // What begins with numbers is a weight: nothing redraws rows of it.
  if (op.assigns || isOf(tensor, stateOp))
    return stateOf(tensor).initial ? defaultBlock(type.shape, targets, block) : stateBlock;
  return op.kernels?.webgl?.block?.(type, attributes) ?? defaultBlock(type.shape, targets, block);
}

/** How a state lies. */
export function layoutOfState({ tensor }: State, limits: DrawLimits): Layout {
  return layoutOf(tensor.type, blockOf(tensor, limits), limits);
}

function draftPass(step: Step, slots: readonly Slot[], { fetch }: DrawLimits): Pass {
  const { op, tensor } = step;
  const kernel = op.kernels?.webgl;
  if (!kernel?.shader) {
    throw new UsageError(
      'E_ARGUMENT',
      `planDraws: the op ${op.name} has no shader, so WebGL cannot run it. Give it kernels.webgl.shader, or run it on ` +
        'referenceDevice.',
    );
  }
  const operands = nameOperands(step);
  const operand = (name: string, index: ValueIndex): Operand => {
    const { layout, tensor } = slots[index]!;
    return { name, type: tensor.type, layout };
  };
  const call: ShaderCall = {
    attributes: tensor.attributes,
    inputs: step.inputs.map((index, position) => operand(operands[position]!, index)),
    output: operand('result', step.output),
    fetch,
  };
  return { ...step, operands, shader: kernel.shader(call), cost: estimateCost(op, call) };
}

/** Ops that do not count their texture reads are taken to read every operand, and write every texel, once. */
function estimateCost(op: Op, call: ShaderCall): Cost {
  const texels = ({ layout }: Operand): number => layout.bytes / 16;
  const once = call.inputs.reduce((sum, input) => sum + texels(input), texels(call.output));
  return { macs: op.macs?.(call) ?? 0, fetches: op.kernels?.webgl?.fetches?.(call) ?? once };
}

function sumBytes(slots: readonly Slot[], wanted: Slot['kind']): number {
  return slots.reduce((sum, { kind, layout }) => sum + (kind === wanted ? layout.bytes : 0), 0);
}

/** Inputs are uploaded before the first pass, so all of them count from the start. */
function measurePeak(slots: readonly Slot[], passes: readonly Pass[]): number {
  let live = sumBytes(slots, 'input');
  let peak = live;
  for (const pass of passes) {
    if (!pass.op.redraws) live += bytesOf(slots[pass.output]!.layout.texture);
    peak = Math.max(peak, live);
    for (const slot of pass.dying) live -= slots[slot]!.layout.bytes;
  }
  return peak;
}
