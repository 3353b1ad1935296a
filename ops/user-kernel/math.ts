/**
 * The functions of `Math` that a kernel may call: those whose error on every driver is known. For each the number of
 * arguments, the name gpu.js writes for it, and ours where the built-in of GLSL is too coarse or means something else.
 */
import { accurateExp, accurateLog, accurateTanh } from '../elementwise/gl/accurate.ts';

/** How many arguments each takes here: `Math.max` of one or of three has no counterpart in GLSL. */
export const mathFunctions: ReadonlyMap<string, number> = new Map([
  ...['abs', 'ceil', 'exp', 'floor', 'log', 'round', 'sign', 'sqrt', 'tanh', 'trunc'].map((name) => [name, 1] as const),
  ...['max', 'min', 'pow'].map((name) => [name, 2] as const),
]);

export const mathConstants: ReadonlySet<string> = new Set([
  'E',
  'LN2',
  'LN10',
  'LOG2E',
  'LOG10E',
  'PI',
  'SQRT1_2',
  'SQRT2',
]);

/** Exponents are whole, and no further from 0 than this: what `kernel_power` can do. */
export const LARGEST_EXPONENT = 31;

const power = `
float kernel_power(float base, float exponent) {
  // Products of squares: whole numbers stay whole, and a negative base keeps its sign.
  int bits = int(abs(exponent));
  float second = base * base, fourth = second * second, eighth = fourth * fourth;
  float result = (bits & 1) != 0 ? base : 1.0;
  result *= (bits & 2) != 0 ? second : 1.0;
  result *= (bits & 4) != 0 ? fourth : 1.0;
  result *= (bits & 8) != 0 ? eighth : 1.0;
  result *= (bits & 16) != 0 ? eighth * eighth : 1.0;
  return exponent < 0.0 ? 1.0 / result : result;
}`;

const remainder = `
float kernel_remainder(float x, float y) {
  // Of x's sign, as in JavaScript. The quotient is rounded, so it may be one step off.
  float rest = x - y * trunc(x / y), whole = abs(y) * sign(x);
  if (sign(rest) * sign(x) < 0.0) return rest + whole;
  return abs(rest) >= abs(y) ? rest - whole : rest;
}`;

const round = `
float kernel_round(float x) {
  float whole = floor(x);
  return x - whole < 0.5 ? whole : whole + 1.0;
}`;

/** Without accurateExp, with which it begins and which may be declared only once. */
const tanhAlone = accurateTanh.slice(accurateExp.length);

/** For one lane the other three are dead code, which drivers drop. */
const scalar = (name: string): string => `float kernel_${name}(float x) { return accurate_${name}(vec4(x)).x; }`;

/** What gpu.js writes → the function of ours that takes its place. */
const replacements: Readonly<Record<string, { readonly name: string; readonly glsl: readonly string[] }>> = {
  exp: { name: 'kernel_exp', glsl: [accurateExp, scalar('exp')] },
  log: { name: 'kernel_log', glsl: [accurateLog, scalar('log')] },
  tanh: { name: 'kernel_tanh', glsl: [accurateExp, tanhAlone, scalar('tanh')] },
  pow: { name: 'kernel_power', glsl: [power] },
  _pow: { name: 'kernel_power', glsl: [power] },
  _round: { name: 'kernel_round', glsl: [round] },
  modulo: { name: 'kernel_remainder', glsl: [remainder] },
};

/** Built-ins of GLSL that are exact or, for sqrt, good to 2 ULP; and the constructor. */
const asTheyAre = new Set(['abs', 'ceil', 'float', 'floor', 'max', 'min', 'sign', 'sqrt', 'trunc']);

interface LinkedCalls {
  /** The text with our functions called. */
  readonly text: string;
  /** The functions it now needs. */
  readonly declarations: string;
  /** Functions called that nobody here knows. */
  readonly unknown: readonly string[];
}

/** Puts our functions in the place of those that translated GLSL calls. `own` is the function's own name. */
export function linkMathCalls(translated: string, own: string): LinkedCalls {
  const needed = new Set<string>();
  const unknown: string[] = [];
  const text = translated.replace(/\b(\w+)\(/g, (call, name: string) => {
    const replacement = replacements[name];
    replacement?.glsl.forEach((glsl) => needed.add(glsl));
    if (replacement) return `${replacement.name}(`;
    if (name !== own && !asTheyAre.has(name)) unknown.push(name);
    return call;
  });
  return { text, declarations: [...needed].join('\n'), unknown };
}
