/**
 * Reverse mode as a graph made of a graph: the gradient of a loss is an ordinary tensor, so that rewrite rules, plans,
 * devices and the float64 reference serve it like any other. Rules say what an op passes back to its inputs; they name
 * ops, so they live with the ops and are an argument here.
 *
 * "Cotangent" is the gradient of the loss by a tensor, of that tensor's shape.
 */
import { checkFunction, checkObject } from '../base/check-argument.ts';
import { ShapeError } from '../base/errors.ts';
import { sortTopologically } from './graph.ts';
import { checkpointOp, rebuild, stopGradientOp } from './gradient-marks.ts';
import { markOp } from './mark.ts';
import type { Op } from './op.ts';
import { formatShape, sameShape } from './shape.ts';
import { checkTensor, checkTensors, isOf } from './tensor.ts';
import type { Tensor, TensorOf } from './tensor.ts';

/** What a rule is given: a tensor, of which the inputs and its own numbers may be read, and its cotangent. */
export interface GradientCall<A = unknown> {
  readonly tensor: TensorOf<A>;
  readonly cotangent: Tensor;
  /** Whether the input at this position wants a cotangent: what nobody wants need not be made. */
  wants(position: number): boolean;
}

/** What an op passes back: a cotangent for each input, undefined for one that gets none, such as whole numbers. */
export type GradientRule<A = unknown> = (call: GradientCall<A>) => readonly (Tensor | undefined)[];

/** A rule and its op. */
export type GradientEntry = readonly [op: Op, rule: GradientRule];

/** The rules, and how contributions to one tensor are put together. */
export interface GradientTable {
  readonly rules: ReadonlyMap<Op, GradientRule>;
  add(a: Tensor, b: Tensor): Tensor;
  /** x, not made before `other` is: so that what is computed once more is so only when it is wanted. */
  after(x: Tensor, other: Tensor): Tensor;
  /** Numbers of one value. */
  fill(shape: Tensor['shape'], value: number): Tensor;
}

/** An entry of the table: its attributes are those of the op. */
export function gradientOf<A>(op: Op<A>, rule: GradientRule<A>): GradientEntry {
  checkObject('gradientOf', 'op', op);
  checkFunction('gradientOf', 'rule', rule);
  return [op as Op, rule as GradientRule];
}

/**
 * The gradients of `loss` by each tensor of `wrt`, which it may depend on or not; then they are zeros.
 * @param loss of one element
 * @throws ShapeError `E_SHAPE` for a loss of more elements, `E_DTYPE` by what is not fp32, `E_GRADIENT` on the way
 *   through an op without a rule
 */
export function differentiate(loss: Tensor, wrt: readonly Tensor[], table: GradientTable): Tensor[] {
  checkTensor('gradients', loss);
  checkTensors('gradients', 'wrt', wrt);
  checkObject('gradients', 'table', table);
  checkObject('gradients', 'table.rules', table.rules);
  checkFunction('gradients', 'table.fill', table.fill);
  checkLoss(loss, wrt);
  const cotangents = new Cotangents(table);
  cotangents.add(loss, table.fill(loss.shape, 1));
  const order = sortTopologically([loss]);
  walkBack({ order, leading: findLeading(order, new Set(wrt)), cotangents, table, road: [] });
  return wrt.map((tensor) => cotangents.of(tensor) ?? table.fill(tensor.shape, 0));
}

/** A part of a graph that cotangents are passed back through. */
interface Walk {
  /** Its tensors, each after its inputs. */
  readonly order: readonly Tensor[];
  /** Those that something wanted is part of: the rest passes nothing back. */
  readonly leading: Set<Tensor>;
  readonly cotangents: Cotangents;
  readonly table: GradientTable;
  /** Names of the ops between the loss and this part, for who must be told. */
  readonly road: readonly string[];
}

function walkBack(walk: Walk): void {
  const { order, leading, cotangents, table } = walk;
  const roads = new Map<Tensor, readonly string[]>();
  for (const tensor of order.toReversed()) {
    const cotangent = leading.has(tensor) && cotangents.of(tensor);
    if (!cotangent || !tensor.inputs.some((input) => leading.has(input))) continue;
    const road = [...(roads.get(tensor) ?? walk.road), tensor.op.name];
    const wants = (position: number): boolean => leading.has(tensor.inputs[position]!);
    const passed =
      tensor.op === checkpointOp
        ? recompute(tensor, cotangent, { ...walk, road })
        : passBack({ tensor, cotangent, wants }, table, road);
    for (const [position, part] of passed.entries()) {
      const input = tensor.inputs[position];
      if (!input || !part || !leading.has(input)) continue;
      checkPassed(tensor, position, part);
      if (!roads.has(input)) roads.set(input, road);
      cotangents.add(input, part);
    }
  }
}

/**
 * The way back through what is computed once more, of inputs that wait for the cotangent. Whatever else it reads, such
 * as weights, gets its own on the way; the result is what its inputs get.
 */
function recompute(
  { inputs: [result, ...sources] }: Tensor,
  cotangent: Tensor,
  walk: Walk,
): readonly (Tensor | undefined)[] {
  const { leading, cotangents, table } = walk;
  const copies = sources.map((source) => table.after(source, cotangent));
  const { root, made } = rebuild(result!, new Map(sources.map((source, index) => [source, copies[index]!])));
  copies.forEach((copy, index) => leading.has(sources[index]!) && leading.add(copy));
  for (const tensor of made) if (tensor.inputs.some((input) => leading.has(input))) leading.add(tensor);
  cotangents.add(root, cotangent);
  walkBack({ ...walk, order: made });
  return [undefined, ...copies.map((copy) => cotangents.of(copy))];
}

function passBack(
  call: GradientCall,
  { rules }: GradientTable,
  way: readonly string[],
): readonly (Tensor | undefined)[] {
  const { tensor, cotangent } = call;
  if (isOf(tensor, markOp)) return [cotangent];
  if (tensor.op === stopGradientOp) return [];
  const rule = rules.get(tensor.op);
  if (rule) return rule(call as GradientCall<never>);
  throw new ShapeError(
    'E_GRADIENT',
    `gradients: the op ${tensor.op.name} has no gradient, and lies on the road from the loss to what is wanted: ` +
      `${way.join(' ← ')}. Put stopGradient around its result, or compose it of ops that have one.`,
  );
}

/** All that something wanted is part of, which is part of itself. */
function findLeading(order: readonly Tensor[], wanted: ReadonlySet<Tensor>): Set<Tensor> {
  const leading = new Set<Tensor>();
  for (const tensor of order) {
    if (wanted.has(tensor) || tensor.inputs.some((input) => leading.has(input))) leading.add(tensor);
  }
  return leading;
}

/** What has come to each tensor so far. */
class Cotangents {
  private readonly parts = new Map<Tensor, Tensor[]>();
  private readonly table: GradientTable;

  constructor(table: GradientTable) {
    this.table = table;
  }

  add(tensor: Tensor, part: Tensor): void {
    const parts = this.parts.get(tensor);
    if (parts) parts.push(part);
    else this.parts.set(tensor, [part]);
  }

  /** Their sum, by halves, so that its depth and its rounding grow slowly. */
  of(tensor: Tensor): Tensor | undefined {
    const parts = this.parts.get(tensor);
    if (!parts) return undefined;
    const total = this.sum(parts);
    this.parts.set(tensor, [total]);
    return total;
  }

  private sum(parts: readonly Tensor[]): Tensor {
    if (parts.length === 1) return parts[0]!;
    const middle = parts.length >> 1;
    return this.table.add(this.sum(parts.slice(0, middle)), this.sum(parts.slice(middle)));
  }
}

function checkLoss(loss: Tensor, wrt: readonly Tensor[]): void {
  if (loss.shape.some((size) => size !== 1) || loss.dtype !== 'f32') {
    throw new ShapeError(
      'E_SHAPE',
      `gradients: a loss is one number in fp32, got ${loss.dtype} ${formatShape(loss.shape)}. Take its sum or mean.`,
    );
  }
  for (const { dtype, shape } of wrt) {
    if (dtype === 'f32') continue;
    throw new ShapeError('E_DTYPE', `gradients: by ${dtype} ${formatShape(shape)} there is none: only by fp32.`);
  }
}

/** A rule that passes back the wrong shape is wrong, and would go unseen where shapes broadcast. */
function checkPassed({ op, inputs }: Tensor, position: number, { shape }: Tensor): void {
  const wanted = inputs[position]!.shape;
  if (sameShape(shape, wanted)) return;
  throw new Error(
    `gradients: the rule of ${op.name} passes ${formatShape(shape)} back to its input ${position}, which is ` +
      `${formatShape(wanted)}`,
  );
}
