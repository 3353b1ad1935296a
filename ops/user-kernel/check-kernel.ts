/**
 * Decides whether a function means the same in JavaScript and in GLSL, before gpu.js translates it: a list of what is
 * allowed, with everything else turned down. It is there so that nothing is silently wrong: a forgotten `return`, a
 * number used as a truth, a loop without an end or a name from outside would otherwise translate and misbehave.
 * Statements are here; variables hold numbers.
 */
import { ExpressionChecker, reservedNames } from './check-expression.ts';
import type { Scope } from './check-expression.ts';
import { checkLoop } from './check-loop.ts';
import type { Refuse } from './refusal.ts';
import type * as S from './syntax.ts';

interface CheckedKernel {
  readonly parameters: readonly string[];
  readonly hasLoops: boolean;
}

const functionTypes = new Set(['ArrowFunctionExpression', 'FunctionExpression']);
const assignments = new Set(['=', '+=', '-=', '*=', '/=']);
/** gpu.js rewrites `$` and `__`, after which two names might be one. */
const plainName = /^(?!.*__)[A-Za-z_]\w*$/;

/** Checks a whole function. `refuse` throws. */
export function checkKernel(kernel: S.FunctionSyntax, refuse: Refuse): CheckedKernel {
  const checker = new StatementChecker(refuse);
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
  else new ExpressionChecker(refuse).checkNumber(kernel.body, scope);
  return { parameters, hasLoops: checker.hasLoops };
}

class StatementChecker {
  hasLoops = false;
  readonly #refuse: Refuse;
  readonly #expressions: ExpressionChecker;
  /** Turns of all loops around the statement at hand. */
  #turns = 1;

  constructor(refuse: Refuse) {
    this.#refuse = refuse;
    this.#expressions = new ExpressionChecker(refuse);
  }

  declare(name: S.Expression, scope: Scope, assignable: boolean): void {
    if (name.type !== 'Identifier') return this.#refuse(name, 'arrays and objects do not exist in a shader.');
    if (!plainName.test(name.name))
      this.#refuse(name, 'names are made of the letters a to z, digits, and _ by itself.');
    if (reservedNames.has(name.name)) this.#refuse(name, 'this name has a meaning already.');
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
        this.#expressions.checkTruth(statement.test, scope);
        this.#checkBranch(statement.consequent, scope);
        if (statement.alternate) this.#checkBranch(statement.alternate, scope);
        return;
      case 'ForStatement':
        return this.#checkFor(statement, scope);
      case 'ReturnStatement':
        if (!statement.argument) return this.#refuse(statement, 'it must return a number.');
        return this.#expressions.checkNumber(statement.argument, scope);
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
      this.#expressions.checkNumber(declarator.init, scope);
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
    this.#expressions.checkNumber(expression.right, scope);
  }

  #checkTarget(target: S.Expression, scope: Scope): void {
    if (target.type !== 'Identifier') return this.#refuse(target, 'only variables of the kernel can be assigned to.');
    this.#expressions.checkName(target, scope);
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
