/**
 * From tensors to passes: rewrites the graph, folds constants, chooses a layout for every tensor, writes the shaders
 * and says when each texture dies. Planning needs only the device's limits, never the device: a plan can be printed
 * for a machine that is not there.
 */
import { checkNumbers, checkObject, checkList } from '../base/check-argument.ts';
import { ShapeError } from '../base/errors.ts';
import { countUses, sortTopologically } from './graph.ts';
import { bytesOf, defaultBlock, layoutOf } from './gl/layout.ts';
import type { BlockForm, Layout } from './gl/layout.ts';
import type { Cost, FetchStyle, NumericArray, Op, Operand, ShaderCall } from './op.ts';
import { rewrite } from './rewrite.ts';
import type { Rule } from './rewrite.ts';
import { stateOp } from './state.ts';
import { formatShape, sizeOf } from './shape.ts';
import type { DType } from './shape.ts';
import { Tensor, constantOp, placeholderOp, checkTensor } from './tensor.ts';
import type { ConstantAttributes, PlaceholderAttributes } from './tensor.ts';

/** What planning must know of the device. */
export interface PlanLimits {
  readonly targets: number;
  readonly maxTextureSize: number;
  readonly fetch: FetchStyle;
  /** [strip] */
  readonly block?: BlockForm;
}

/** A texture of the plan, by position in `Plan.slots`. */
export type SlotIndex = number;

export interface Slot {
  readonly tensor: Tensor;
  readonly layout: Layout;
  /** Constants and inputs come from outside, states from earlier runs; the rest is made by a pass. */
  readonly kind: 'constant' | 'input' | 'state' | 'made';
}

export interface Pass {
  readonly op: Op;
  readonly tensor: Tensor;
  readonly inputs: readonly SlotIndex[];
  readonly output: SlotIndex;
  readonly shader: string;
  readonly cost: Required<Cost>;
  /** Slots nobody reads after this pass. */
  readonly dying: readonly SlotIndex[];
}

export interface Plan {
  readonly slots: readonly Slot[];
  readonly passes: readonly Pass[];
  readonly outputs: readonly SlotIndex[];
  /** How often each rewrite rule fitted. */
  readonly applied: ReadonlyMap<string, number>;
  /** Bytes of constants, of states, and the most that inputs and made tensors take together during a run. */
  readonly constantBytes: number;
  readonly stateBytes: number;
  readonly peakBytes: number;
}

export function makePlan(outputs: readonly Tensor[], rules: readonly Rule[], limits: PlanLimits): Plan {
  checkLimits(limits);
  const rewritten = rewrite(outputs, rules);
  const roots = foldConstants(rewritten.outputs);
  const order = sortTopologically(roots);
  const slots: Slot[] = [];
  const slotOf = new Map<Tensor, SlotIndex>();
  const drafts: Omit<Pass, 'dying'>[] = [];
  for (const tensor of order) {
    const slot = tensor.op.redraws ? slotOf.get(tensor.inputs[0]!)! : slots.length;
    slotOf.set(tensor, slot);
    if (slot === slots.length) {
      const layout = layoutOf(tensor.type, blockOf(tensor, limits), limits);
      slots.push({ tensor, layout, kind: kindOf(tensor) });
    }
    if (kindOf(tensor) === 'made') drafts.push(draftPass(tensor, slot, slots, slotOf, limits));
  }
  checkStates(order, roots);
  const outputSlots = roots.map((root) => slotOf.get(root)!);
  const passes = markDeaths(drafts, slots, new Set(outputSlots));
  return {
    slots,
    passes,
    outputs: outputSlots,
    applied: rewritten.applied,
    constantBytes: sumBytes(slots, 'constant'),
    stateBytes: sumBytes(slots, 'state'),
    peakBytes: measurePeak(slots, passes),
  };
}

/** Throws UsageError `E_ARGUMENT`, ShapeError `E_ATTRIBUTE`. */
function checkLimits(limits: PlanLimits): void {
  checkObject('makePlan', 'limits', limits);
  const { targets, maxTextureSize } = limits;
  checkNumbers('makePlan', 'targets and maxTextureSize', [targets, maxTextureSize]);
  if ([1, 2, 4, 8].includes(targets) && Number.isSafeInteger(maxTextureSize) && maxTextureSize > 0) return;
  throw new ShapeError(
    'E_ATTRIBUTE',
    `makePlan: targets is 1, 2, 4 or 8 and maxTextureSize a positive whole number, got ${targets} and ${maxTextureSize}.`,
  );
}

function sumBytes(slots: readonly Slot[], wanted: Slot['kind']): number {
  return slots.reduce((sum, { kind, layout }) => sum + (kind === wanted ? layout.bytes : 0), 0);
}

/** A state that is redrawn has one version only: nothing may read, or return, what it was before. */
function checkStates(order: readonly Tensor[], roots: readonly Tensor[]): void {
  const uses = countUses(order, roots);
  for (const { op, inputs } of order) {
    if (!op.redraws) continue;
    const [state] = inputs as [Tensor];
    if (kindOf(state) === 'state' && uses.get(state) === 1) continue;
    throw new Error(`plan: ${op.name} redraws ${state.toString()}, which is no state or is read elsewhere too`);
  }
}

function kindOf(tensor: Tensor): Slot['kind'] {
  if (tensor.op === (constantOp as Op)) return 'constant';
  if (tensor.op === (stateOp as Op)) return 'state';
  return tensor.op === (placeholderOp as Op) ? 'input' : 'made';
}

function blockOf(tensor: Tensor, limits: PlanLimits): Layout['block'] {
  return tensor.op.block?.(tensor.type, tensor.attributes) ?? defaultBlock(tensor.shape, limits.targets, limits.block);
}

function draftPass(
  tensor: Tensor,
  output: SlotIndex,
  slots: readonly Slot[],
  slotOf: ReadonlyMap<Tensor, SlotIndex>,
  limits: PlanLimits,
): Omit<Pass, 'dying'> {
  const { op, attributes } = tensor;
  if (!op.glsl) throw new Error(`plan: op ${op.name} has no shader`);
  const read = op.redraws ? tensor.inputs.slice(1) : tensor.inputs;
  const inputs = read.map((input) => slotOf.get(input)!);
  const operand = (name: string, slot: SlotIndex): Operand => {
    const { layout, tensor } = slots[slot]!;
    return { name, type: tensor.type, layout };
  };
  const call = {
    attributes,
    inputs: inputs.map((slot, index) => operand(inputName(index), slot)),
    output: operand('result', output),
    fetch: limits.fetch,
  };
  return { op, tensor, inputs, output, shader: op.glsl(call), cost: estimateCost(op, call) };
}

/** Ops that do not count their texture reads are taken to read every operand, and write every texel, once. */
function estimateCost(op: Op, call: ShaderCall): Required<Cost> {
  const texels = ({ layout }: Operand): number => layout.bytes / 16;
  const once = call.inputs.reduce((sum, input) => sum + texels(input), texels(call.output));
  return { macs: 0, fetches: once, ...op.cost?.(call) };
}

/** Names of operands in every shader, in order: a, b, c, … */
export function inputName(index: number): string {
  return String.fromCharCode('a'.charCodeAt(0) + index);
}

function markDeaths(drafts: readonly Omit<Pass, 'dying'>[], slots: readonly Slot[], kept: Set<SlotIndex>): Pass[] {
  const lastReader = new Map<SlotIndex, number>();
  drafts.forEach((pass, index) => pass.inputs.forEach((slot) => lastReader.set(slot, index)));
  return drafts.map((pass, index) => {
    const dying = new Set(
      pass.inputs.filter((slot) => {
        const passes = slots[slot]!.kind === 'made' || slots[slot]!.kind === 'input';
        return passes && lastReader.get(slot) === index && !kept.has(slot);
      }),
    );
    return { ...pass, dying: [...dying] };
  });
}

/** Inputs are uploaded before the first pass, so all of them count from the start. */
function measurePeak(slots: readonly Slot[], passes: readonly Pass[]): number {
  let live = slots.reduce((sum, { kind, layout }) => sum + (kind === 'input' ? layout.bytes : 0), 0);
  let peak = live;
  for (const pass of passes) {
    if (!pass.op.redraws) live += bytesOf(slots[pass.output]!.layout.texture);
    peak = Math.max(peak, live);
    for (const slot of pass.dying) live -= slots[slot]!.layout.bytes;
  }
  return peak;
}

/**
 * Replaces foldable ops over constants by constants, so weights are packed on the CPU and uploaded once: the same op on
 * the same constants, which tiling makes many times and further plans of a net again, gives one constant.
 */
function foldConstants(outputs: readonly Tensor[]): Tensor[] {
  const replaced = new Map<Tensor, Tensor>();
  for (const tensor of sortTopologically(outputs)) {
    const inputs = tensor.inputs.map((input) => replaced.get(input)!);
    const changed = inputs.some((input, index) => input !== tensor.inputs[index]);
    const current = changed ? new Tensor(tensor.op, inputs, tensor.attributes, tensor.type) : tensor;
    replaced.set(tensor, tensor.op.folds && isFoldable(tensor) ? foldOnce(current) : current);
  }
  return outputs.map((output) => replaced.get(output)!);
}

/** What was folded already, by its first input and then by op, attributes and all inputs. It lives as long as they do. */
const folded = new WeakMap<Tensor, Map<string, Tensor>>();
const numbers = new WeakMap<object, number>();
let numbered = 0;

function numberOf(thing: object): number {
  if (!numbers.has(thing)) numbers.set(thing, numbered++);
  return numbers.get(thing)!;
}

function foldOnce(tensor: Tensor): Tensor {
  const [first] = tensor.inputs as [Tensor];
  const known = folded.get(first) ?? new Map<string, Tensor>();
  folded.set(first, known);
  const key = JSON.stringify([numberOf(tensor.op), tensor.inputs.map(numberOf), tensor.attributes]);
  const constant = known.get(key) ?? foldOne(tensor);
  known.set(key, constant);
  return constant;
}

/** Whether a tensor is a constant or will be one once constants are folded. */
export function isFoldable(tensor: Tensor): boolean {
  checkTensor('isFoldable', tensor);
  if (kindOf(tensor) === 'constant') return true;
  return tensor.op.folds === true && tensor.inputs.length > 0 && tensor.inputs.every(isFoldable);
}

function foldOne(tensor: Tensor): Tensor {
  const sources = tensor.inputs.map((input) => input.attributes as ConstantAttributes);
  const read = async (): Promise<NumericArray> => {
    const inputs = await Promise.all(sources.map((source) => source.read()));
    const output = new Float32Array(sizeOf(tensor.shape));
    tensor.op.reference({
      attributes: tensor.attributes,
      inputs,
      inputTypes: tensor.inputs.map((input) => input.type),
      output,
      outputType: tensor.type,
    });
    return output;
  };
  const label = `${tensor.op.name}(${sources.map((source) => source.label).join(', ')})`;
  const block = tensor.op.block?.(tensor.type, tensor.attributes);
  const attributes: ConstantAttributes = { label, type: tensor.type, read, ...(block && { block }) };
  return new Tensor(constantOp as Op, [], attributes, tensor.type);
}

/** Throws ShapeError `E_INPUT` unless every placeholder among the tensors is given its numbers. */
export function checkInputs(tensors: Iterable<Tensor>, given: Readonly<Record<string, ArrayLike<number>>>): void {
  checkObject('run', 'inputs', given);
  for (const tensor of tensors) {
    if (kindOf(tensor) !== 'input') continue;
    const { name, type } = tensor.attributes as PlaceholderAttributes;
    const data = given[name];
    if (data !== undefined && data !== null) checkList('run', `input ${name}`, data);
    if (data?.length === sizeOf(type.shape)) continue;
    throw new ShapeError(
      'E_INPUT',
      `run: input ${name} must hold ${sizeOf(type.shape)} numbers for shape ${formatShape(type.shape)}, ` +
        `got ${data ? data.length : 'nothing'}. A plan is compiled for one shape: compile another for another size.`,
    );
  }
}

export function arrayFor(dtype: DType, size: number): Float32Array | Int32Array {
  return dtype === 'i32' ? new Int32Array(size) : new Float32Array(size);
}
