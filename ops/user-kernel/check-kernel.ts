/**
 * Decides whether a function means the same in JavaScript and in GLSL, before gpu.js translates it: a list of what is
 * allowed, with everything else turned down. It is there so that nothing is silently wrong: a forgotten `return`, a
 * number used as a truth, a loop without an end or a name from outside would otherwise translate and misbehave.
 *
 * Two kinds of values exist, numbers and truths, and variables hold numbers.
 */
import { checkLoop } from './check-loop.ts';
import { LARGEST_EXPONENT, mathConstants, mathFunctions } from './math.ts';
import type { Refuse } from './refusal.ts';
import type * as S from './syntax.ts';

export interface CheckedKernel {
  readonly parameters: readonly string[];
  readonly hasLoops: boolean;
}

/** Names in sight, and whether each may be assigned to. */
type Scope = Map<string, { readonly assignable: boolean }>;

const functionTypes = new Set(['ArrowFunctionExpression', 'FunctionExpression']);
const arithmetic = new Set(['+', '-', '*', '/', '%', '**']);
const comparisons = new Set(['<', '<=', '>', '>=', '===', '!==']);
const assignments = new Set(['=', '+=', '-=', '*=', '/=']);
/** gpu.js rewrites `$` and `__`, after which two names might be one. */
const plainName = /^(?!.*__)[A-Za-z_]\w*$/;

/** Checks a whole function. `refuse` throws. */
export function checkKernel(kernel: S.FunctionSyntax, refuse: Refuse): CheckedKernel {
  const checker = new KernelChecker(refuse);
  if (!functionTypes.has(kernel.type)) refuse(kernel, 'it must be a function.');
  if (kernel.async || kernel.generator) refuse(kernel, 'it must be a plain function, neither async nor a generator.');
  const scope: Scope = new Map();
  for (const parameter of kernel.params) {
    if (parameter.type !== 'Identifier') {
      refuse(parameter, 'parameters must be plain names, without defaults, patterns or `...`.');
    }
    checker.declare(parameter, scope, true);
  }
  const parameters = [...scope.keys()];
  if (kernel.body.type === 'BlockStatement') checker.checkBody(kernel.body, scope);
  else checker.checkNumber(kernel.body, scope);
  return { parameters, hasLoops: checker.hasLoops };
}

class KernelChecker {
  hasLoops = false;
  readonly #refuse: Refuse;
  /** Turns of all loops around the statement at hand. */
  #turns = 1;

  constructor(refuse: Refuse) {
    this.#refuse = refuse;
  }

  declare(name: S.Expression, scope: Scope, assignable: boolean): void {
    if (name.type !== 'Identifier') return this.#refuse(name, 'arrays and objects do not exist in a shader.');
    if (!plainName.test(name.name))
      this.#refuse(name, 'names are made of the letters a to z, digits, and _ by itself.');
    if (scope.has(name.name)) this.#refuse(name, 'this name is taken by a parameter or a variable around it.');
    scope.set(name.name, { assignable });
  }

  checkBody(body: S.Block, scope: Scope): void {
    this.#checkStatements(body.body, scope);
    if (!alwaysReturns(body)) {
      this.#refuse(body, 'some way through it ends without `return`. Let its last statement return a number.');
    }
  }

  /** The scope is changed: declarations last to the end of the block. */
  #checkStatements(statements: readonly S.Statement[], scope: Scope): void {
    for (const statement of statements) this.#checkStatement(statement, scope);
  }

  #checkStatement(statement: S.Statement, scope: Scope): void {
    switch (statement.type) {
      case 'VariableDeclaration':
        return this.#checkDeclaration(statement, scope);
      case 'ExpressionStatement':
        return this.#checkAssignment(statement.expression, scope);
      case 'BlockStatement':
        return this.#checkStatements(statement.body, new Map(scope));
      case 'IfStatement':
        this.#checkTruth(statement.test, scope);
        this.#checkBranch(statement.consequent, scope);
        if (statement.alternate) this.#checkBranch(statement.alternate, scope);
        return;
      case 'ForStatement':
        return this.#checkFor(statement, scope);
      case 'ReturnStatement':
        if (!statement.argument) return this.#refuse(statement, 'it must return a number.');
        return this.checkNumber(statement.argument, scope);
      case 'BreakStatement':
      case 'ContinueStatement':
        if (statement.label) this.#refuse(statement, 'GLSL has no labels.');
        return;
      case 'EmptyStatement':
        return;
      default:
        this.#refuse(statement, 'a kernel is made of const, let, assignments, if, for and return.');
    }
  }

  #checkBranch(statement: S.Statement, scope: Scope): void {
    if (statement.type === 'VariableDeclaration') this.#refuse(statement, 'put it into braces.');
    this.#checkStatement(statement, new Map(scope));
  }

  #checkDeclaration({ kind, declarations }: S.Declaration, scope: Scope): void {
    for (const declarator of declarations) {
      if (kind !== 'const' && kind !== 'let') this.#refuse(declarator, `use const or let, not ${kind}.`);
      if (!declarator.init) return this.#refuse(declarator, 'give it a value at once.');
      this.checkNumber(declarator.init, scope);
      this.declare(declarator.id, scope, kind === 'let');
    }
  }

  #checkAssignment(expression: S.Expression, scope: Scope): void {
    if (expression.type === 'UpdateExpression') return this.#checkTarget(expression.argument, scope);
    if (expression.type !== 'AssignmentExpression' || !assignments.has(expression.operator)) {
      return this.#refuse(
        expression,
        `a statement by itself must assign, with ${[...assignments].join(' ')} ++ or --.`,
      );
    }
    this.#checkTarget(expression.left, scope);
    this.checkNumber(expression.right, scope);
  }

  #checkTarget(target: S.Expression, scope: Scope): void {
    if (target.type !== 'Identifier') return this.#refuse(target, 'only variables of the kernel can be assigned to.');
    this.#checkName(target, scope);
    if (!scope.get(target.name)!.assignable) this.#refuse(target, 'it is a constant or counts a loop.');
  }

  #checkFor(loop: S.For, scope: Scope): void {
    const { counter, turns } = checkLoop(loop, this.#turns, this.#refuse);
    const inside: Scope = new Map(scope);
    this.declare(counter, inside, false);
    this.hasLoops = true;
    this.#turns *= Math.max(turns, 1);
    this.#checkBranch(loop.body, inside);
    this.#turns /= Math.max(turns, 1);
  }

  #checkName(identifier: S.Identifier, scope: Scope): void {
    const { name } = identifier;
    if (scope.has(name)) return;
    if (name === 'Infinity' || name === 'NaN' || name === 'undefined') {
      this.#refuse(identifier, 'GLSL cannot write this value. Pass it as a tensor if it is needed.');
    }
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
        return this.#checkName(expression, scope);
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
        this.#checkTruth(expression.test, scope);
        this.checkNumber(expression.consequent, scope);
        return this.checkNumber(expression.alternate, scope);
      case 'CallExpression':
        return this.#checkCall(expression, scope);
      case 'MemberExpression':
        if (mathConstants.has(nameInMath(expression) ?? '')) return;
    }
    this.#refuse(expression, 'a number was wanted here, made with + - * / % ** ?: and the functions of Math.');
  }

  #checkTruth(expression: S.Expression, scope: Scope): void {
    switch (expression.type) {
      case 'BinaryExpression':
        if (!comparisons.has(expression.operator)) break;
        this.checkNumber(expression.left, scope);
        return this.checkNumber(expression.right, scope);
      case 'LogicalExpression':
        if (expression.operator !== '&&' && expression.operator !== '||') break;
        this.#checkTruth(expression.left, scope);
        return this.#checkTruth(expression.right, scope);
      case 'UnaryExpression':
        if (expression.operator === '!') return this.#checkTruth(expression.argument, scope);
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

function alwaysReturns(statement: S.Statement | null): boolean {
  switch (statement?.type) {
    case 'ReturnStatement':
      return true;
    case 'BlockStatement':
      return statement.body.some(alwaysReturns);
    case 'IfStatement':
      return alwaysReturns(statement.consequent) && alwaysReturns(statement.alternate);
    default:
      return false;
  }
}
