/**
 * Expressions of a kernel. Two kinds of values exist, numbers and truths, and each place wants one of them: JavaScript
 * would take either anywhere, and GLSL would not.
 */
import { LARGEST_EXPONENT, mathConstants, mathFunctions } from './math.ts';
import type { Refuse } from './refusal.ts';
import type * as S from './syntax.ts';

/** Names in sight, and whether each may be assigned to. */
export type Scope = Map<string, { readonly assignable: boolean }>;

const arithmetic = new Set(['+', '-', '*', '/', '%', '**']);
const comparisons = new Set(['<', '<=', '>', '>=', '===', '!==']);

/** Names with a meaning of their own, which gpu.js would give them even where a parameter has the name. */
export const reservedNames: ReadonlySet<string> = new Set(['Infinity', 'Math', 'NaN', 'undefined']);

/** Each method returns if the expression may stand there, and refuses it otherwise. */
export class ExpressionChecker {
  readonly #refuse: Refuse;

  constructor(refuse: Refuse) {
    this.#refuse = refuse;
  }

  checkName(identifier: S.Identifier, scope: Scope): void {
    const { name } = identifier;
    if (scope.has(name)) return;
    if (reservedNames.has(name)) this.#refuse(identifier, 'GLSL cannot write this value.');
    this.#refuse(
      identifier,
      `a shader cannot see \`${name}\`, which comes from outside the function. Make it a parameter and give its value ` +
        `as a constant, elementwise((x, ${name}) => …, { ${name} }), or as one more tensor. Was it put there by a ` +
        'compiler or a coverage tool, then keep that away from this function.',
      'E_KERNEL_CAPTURE',
    );
  }

  checkNumber(expression: S.Expression, scope: Scope): void {
    switch (expression.type) {
      case 'Literal':
        return this.#checkLiteral(expression);
      case 'Identifier':
        return this.checkName(expression, scope);
      case 'UnaryExpression':
        if (expression.operator === '-' || expression.operator === '+') {
          return this.checkNumber(expression.argument, scope);
        }
        break;
      case 'BinaryExpression':
        if (!arithmetic.has(expression.operator)) break;
        this.checkNumber(expression.left, scope);
        if (expression.operator === '**') return this.#checkExponent(expression.right);
        return this.checkNumber(expression.right, scope);
      case 'ConditionalExpression':
        this.checkTruth(expression.test, scope);
        this.checkNumber(expression.consequent, scope);
        return this.checkNumber(expression.alternate, scope);
      case 'CallExpression':
        return this.#checkCall(expression, scope);
      case 'MemberExpression':
        if (mathConstants.has(nameInMath(expression) ?? '')) return;
    }
    this.#refuse(expression, 'a number was wanted here, made with + - * / % ** ?: and the functions of Math.');
  }

  checkTruth(expression: S.Expression, scope: Scope): void {
    switch (expression.type) {
      case 'BinaryExpression':
        if (!comparisons.has(expression.operator)) break;
        this.checkNumber(expression.left, scope);
        return this.checkNumber(expression.right, scope);
      case 'LogicalExpression':
        if (expression.operator !== '&&' && expression.operator !== '||') break;
        this.checkTruth(expression.left, scope);
        return this.checkTruth(expression.right, scope);
      case 'UnaryExpression':
        if (expression.operator === '!') return this.checkTruth(expression.argument, scope);
    }
    this.#refuse(expression, `a comparison was wanted here, ${[...comparisons].join(' ')} joined by && || and !.`);
  }

  #checkLiteral(literal: S.Literal): void {
    const { value } = literal;
    if (typeof value !== 'number') return this.#refuse(literal, 'only numbers exist in a shader.');
    if (!Number.isFinite(Math.fround(value))) this.#refuse(literal, 'it is too large for float32.');
  }

  #checkCall(call: S.Call, scope: Scope): void {
    const name = call.callee.type === 'MemberExpression' ? nameInMath(call.callee) : undefined;
    const count = mathFunctions.get(name ?? '');
    if (count === undefined) {
      return this.#refuse(call, `a kernel may call Math.${[...mathFunctions.keys()].join(', ')} and nothing else.`);
    }
    if (call.arguments.length !== count) this.#refuse(call, `Math.${name} takes ${count} here.`);
    const numbers = name === 'pow' ? call.arguments.slice(0, 1) : call.arguments;
    for (const argument of numbers) this.checkNumber(argument, scope);
    if (name === 'pow') this.#checkExponent(call.arguments[1]!);
  }

  /** Other powers have no bound: an error of the logarithm grows with the exponent. */
  #checkExponent(exponent: S.Expression): void {
    const negative = exponent.type === 'UnaryExpression' && exponent.operator === '-';
    const digits = negative ? exponent.argument : exponent;
    if (digits.type === 'Literal' && Number.isInteger(digits.value) && Number(digits.value) <= LARGEST_EXPONENT) return;
    this.#refuse(
      exponent,
      `an exponent must be a whole number up to ${LARGEST_EXPONENT}, written out. For others use Math.sqrt, or ` +
        'Math.exp(y * Math.log(x)), whose error grows with y · log x.',
    );
  }
}

function nameInMath({ object, property, computed }: S.Member): string | undefined {
  if (computed || object.type !== 'Identifier' || object.name !== 'Math' || property.type !== 'Identifier') return;
  return property.name;
}
