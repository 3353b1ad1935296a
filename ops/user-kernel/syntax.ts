/**
 * The part of JavaScript that a kernel may use, as the parser of gpu.js hands it over (ESTree). Whatever else a
 * function holds arrives here too, under a `type` that is not listed, and falls into the `default` of a switch.
 */

/** Where a node lies in the parsed text; nodes that gpu.js made itself lie nowhere. */
interface Located {
  readonly start?: number;
  readonly end?: number;
}

export type SyntaxNode = Expression | Statement | Declarator | FunctionSyntax;

export interface Identifier extends Located {
  readonly type: 'Identifier';
  readonly name: string;
}

export interface Literal extends Located {
  readonly type: 'Literal';
  readonly value: unknown;
}

export interface Unary extends Located {
  readonly type: 'UnaryExpression';
  readonly operator: string;
  readonly argument: Expression;
}

export interface Binary extends Located {
  readonly type: 'BinaryExpression' | 'LogicalExpression';
  readonly operator: string;
  readonly left: Expression;
  readonly right: Expression;
}

export interface Conditional extends Located {
  readonly type: 'ConditionalExpression';
  readonly test: Expression;
  readonly consequent: Expression;
  readonly alternate: Expression;
}

export interface Member extends Located {
  readonly type: 'MemberExpression';
  readonly object: Expression;
  readonly property: Expression;
  readonly computed: boolean;
}

export interface Call extends Located {
  readonly type: 'CallExpression';
  readonly callee: Expression;
  readonly arguments: readonly Expression[];
}

export interface Assignment extends Located {
  readonly type: 'AssignmentExpression';
  readonly operator: string;
  readonly left: Expression;
  readonly right: Expression;
}

export interface Update extends Located {
  readonly type: 'UpdateExpression';
  readonly operator: '++' | '--';
  readonly argument: Expression;
}

export type Expression = Identifier | Literal | Unary | Binary | Conditional | Member | Call | Assignment | Update;

export interface Declarator extends Located {
  readonly type: 'VariableDeclarator';
  readonly id: Expression;
  readonly init: Expression | null;
}

export interface Declaration extends Located {
  readonly type: 'VariableDeclaration';
  readonly kind: string;
  readonly declarations: readonly Declarator[];
}

export interface Block extends Located {
  readonly type: 'BlockStatement';
  readonly body: readonly Statement[];
}

export interface If extends Located {
  readonly type: 'IfStatement';
  readonly test: Expression;
  readonly consequent: Statement;
  readonly alternate: Statement | null;
}

export interface For extends Located {
  readonly type: 'ForStatement';
  readonly init: Statement | Expression | null;
  readonly test: Expression | null;
  readonly update: Expression | null;
  readonly body: Statement;
}

export interface Return extends Located {
  readonly type: 'ReturnStatement';
  readonly argument: Expression | null;
}

export interface Jump extends Located {
  readonly type: 'BreakStatement' | 'ContinueStatement';
  readonly label: unknown;
}

export interface ExpressionStatement extends Located {
  readonly type: 'ExpressionStatement';
  readonly expression: Expression;
}

/** A lone `;`, such as compilers leave behind. */
export interface Empty extends Located {
  readonly type: 'EmptyStatement';
}

export type Statement = Declaration | Block | If | For | Return | Jump | ExpressionStatement | Empty;

/** A parsed function. The body of an arrow may be an expression. */
export interface FunctionSyntax extends Located {
  readonly type: string;
  readonly params: readonly Expression[];
  readonly body: Block | Expression;
  readonly async?: boolean;
  readonly generator?: boolean;
}
