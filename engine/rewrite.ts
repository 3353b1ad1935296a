/**
 * Applies rewrite rules to a graph until none fits. The engine brings only the machinery: the rules name ops, so
 * they live with the ops and are passed in as an argument. A rule must keep the meaning and the type of a tensor.
 */
import { checkEach } from '../base/check-argument.ts';
import { countUses, sortTopologically } from './graph.ts';
import { formatShape, sameShape } from './shape.ts';
import { Tensor, apply, checkTensors } from './tensor.ts';

/** What a rule may ask about the graph. */
export interface RewriteContext {
  /** How many tensors or outputs read this one. A rule that absorbs a tensor asks that nobody else needs it. */
  uses(tensor: Tensor): number;
  /** Whether the graph returns this tensor. */
  isOutput(tensor: Tensor): boolean;
}

/** A rewrite rule: where it fits, another tensor that means the same. */
export interface Rule {
  /** Name by which it is switched off and shown by `explain()`. */
  readonly name: string;
  /** One sentence: what it turns into what, and why that is faster. */
  readonly why: string;
  /** The tensor to compute instead, or undefined where the rule does not fit. */
  apply(tensor: Tensor, context: RewriteContext): Tensor | undefined;
}

/** A graph after rewriting. */
export interface RewriteResult {
  readonly outputs: readonly Tensor[];
  /** How often each rule fitted, by name. */
  readonly applied: ReadonlyMap<string, number>;
}

/** Throws UsageError `E_ARGUMENT` unless each is a rewrite rule. */
export function checkRules(where: string, rules: unknown): void {
  const isRule = (rule: unknown): boolean => typeof (rule as Partial<Rule> | null | undefined)?.apply === 'function';
  checkEach(where, 'rules', 'a rewrite rule', rules, isRule);
}

/** A rule set that keeps rewriting after this many sweeps is turning in circles: that is a bug of the rules. */
const mostSweeps = 1000;

/** Rules are tried in order: a later one only where no earlier one fits anywhere any more. */
export function rewrite(outputs: readonly Tensor[], rules: readonly Rule[]): RewriteResult {
  checkTensors('rewrite', 'outputs', outputs);
  checkRules('rewrite', rules);
  const applied = new Map<string, number>();
  let current = outputs;
  for (let sweep = 0; sweep < mostSweeps; sweep++) {
    const next = sweepWithFirstFitting(current, rules, applied);
    if (!next) return { outputs: current, applied };
    current = next;
  }
  throw new Error(`rewrite: rules did not settle after ${mostSweeps} sweeps (${[...applied.keys()].join(', ')})`);
}

function sweepWithFirstFitting(
  outputs: readonly Tensor[],
  rules: readonly Rule[],
  applied: Map<string, number>,
): readonly Tensor[] | undefined {
  for (const rule of rules) {
    const next = sweep(outputs, rule, applied);
    if (next.some((tensor, index) => tensor !== outputs[index])) return next;
  }
  return undefined;
}

/** Applies one rule once at every tensor where it fits, from the inputs to the outputs. */
function sweep(outputs: readonly Tensor[], rule: Rule, applied: Map<string, number>): Tensor[] {
  const order = sortTopologically(outputs);
  const uses = countUses(order, outputs);
  const replaced = new Map<Tensor, Tensor>();
  const returned = new Set(outputs);
  const context: RewriteContext = {
    uses: (tensor) => uses.get(tensor) ?? 0,
    isOutput: (tensor) => returned.has(tensor),
  };
  for (const tensor of order) {
    const inputs = tensor.inputs.map((input) => replaced.get(input)!);
    const changed = inputs.some((input, index) => input !== tensor.inputs[index]);
    const current = changed ? apply(tensor.op, inputs, tensor.attributes) : tensor;
    uses.set(current, uses.get(tensor)!); // a rebuilt tensor has the uses of the one it stands for
    if (returned.has(tensor)) returned.add(current);
    const better = rule.apply(current, context);
    if (better) {
      checkSameType(rule, current, better);
      applied.set(rule.name, (applied.get(rule.name) ?? 0) + 1);
      uses.set(better, uses.get(tensor)!);
    }
    replaced.set(tensor, better ?? current);
  }
  return outputs.map((output) => replaced.get(output)!);
}

function checkSameType(rule: Rule, before: Tensor, after: Tensor): void {
  if (!sameShape(before.shape, after.shape) || before.dtype !== after.dtype) {
    throw new Error(
      `rewrite: rule ${rule.name} turned ${before.dtype} ${formatShape(before.shape)} ` +
        `into ${after.dtype} ${formatShape(after.shape)}`,
    );
  }
}
