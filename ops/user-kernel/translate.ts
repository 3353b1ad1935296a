/**
 * JavaScript to GLSL through gpu.js 2.24.1, without a context: its parser, and its writer of GLSL ES 3.00, both behind
 * the class `WebGL2FunctionNode`. gpu.js calls that class internal, so the version is fixed and what it writes is
 * looked at again; anything unknown is an error. Nothing of gpu.js is imported here: the caller passes it in.
 */
import { UsageError } from '../../base/errors.ts';
import { checkKernel } from './check-kernel.ts';
import { linkMathCalls } from './math.ts';
import { refuseWithin } from './refusal.ts';
import type * as S from './syntax.ts';

/** The version of gpu.js that this was written for. */
const GPU_JS_VERSION = '2.24.1';

/** What is used of the module gpu.js: `import gpujs from 'gpu.js'`. */
export interface GpuJs {
  readonly WebGL2FunctionNode: new (source: string, settings: never) => object;
}

interface TranslatedKernel {
  /** Names of the function's parameters, in order. */
  readonly parameters: readonly string[];
  /** GLSL: `float <name>(float, …)` and what it calls. */
  readonly glsl: string;
  readonly hasLoops: boolean;
}

/** The parts of gpu.js's class that are used. */
interface FunctionNode {
  readonly identifiers: readonly { readonly declaration: Declaration | null }[] | null;
  getJsAST(): S.FunctionSyntax;
  traceFunctionAST(syntax: S.FunctionSyntax): void;
  toString(): string;
}
interface Declaration {
  suggestedType: string | null;
  valueType: string | null;
}
type FunctionNodeClass = new (source: string, settings: object) => FunctionNode;

/**
 * Makes the GLSL function `name` of a JavaScript function over numbers.
 *
 * @throws UsageError `E_KERNEL_TRANSLATOR` if `gpujs` is not gpu.js as known; `E_KERNEL_SYNTAX`, `E_KERNEL_CAPTURE`
 */
export function translateKernel(gpujs: GpuJs, source: string, name: string): TranslatedKernel {
  const FunctionNode = gpujs.WebGL2FunctionNode as unknown as FunctionNodeClass;
  const parsed = parseFunction(FunctionNode, source, name);
  const { parameters, hasLoops } = checkKernel(parsed, refuseWithin(source, prefixOf(name).length));
  const written = writeGlsl(FunctionNode, parsed, parameters, name);
  const { text, declarations, unknown } = linkMathCalls(written, name);
  // Whole numbers of GLSL overflow where those of JavaScript do not; LOOP_MAX would end loops early.
  const unwanted = [...unknown, ...(text.match(/\bu?int\b|LOOP_MAX/g) ?? [])];
  if (unwanted.length > 0) throw unknownTranslator(`it wrote ${unwanted.join(', ')}`);
  return { parameters, hasLoops, glsl: `${declarations}\n\n${text}` };
}

/** What gpu.js puts before a function when it parses it. */
const prefixOf = (name: string): string => `const parser_${name} = `;

function parseFunction(FunctionNode: FunctionNodeClass, source: string, name: string): S.FunctionSyntax {
  /** gpu.js takes only texts that begin with `function`, but its parser knows arrows as well. */
  class Parser extends FunctionNode {
    validate(): void {}
    override traceFunctionAST(): void {}
  }
  try {
    return new Parser(source, { name, output: [1] }).getJsAST();
  } catch (cause) {
    throw new UsageError(
      'E_KERNEL_SYNTAX',
      `elementwise: the text of the function cannot be parsed (${messageOf(cause)}). Functions of the system, bound ` +
        'functions and methods have no such text: write an arrow function, (x) => Math.abs(x).',
      { cause },
    );
  }
}

function writeGlsl(
  FunctionNode: FunctionNodeClass,
  { params, body }: S.FunctionSyntax,
  parameters: readonly string[],
  name: string,
): string {
  const block = body.type === 'BlockStatement' ? body : blockOf(body);
  const syntax: S.FunctionSyntax = { type: 'FunctionExpression', params, body: block };
  try {
    const node = new FunctionNode('function', {
      name,
      ast: syntax,
      output: [1],
      argumentNames: parameters,
      argumentTypes: parameters.map(() => 'Number'),
      returnType: 'Number',
    });
    node.traceFunctionAST(syntax);
    for (const { declaration } of node.identifiers ?? []) {
      // gpu.js makes the counters of some loops `int`; a number is a number.
      if (declaration) Object.assign(declaration, { suggestedType: null, valueType: 'Number' });
    }
    return node.toString();
  } catch (cause) {
    throw unknownTranslator(messageOf(cause), cause);
  }
}

function blockOf(argument: S.Expression): S.Block {
  return { type: 'BlockStatement', body: [{ type: 'ReturnStatement', argument }] };
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message.split('\n')[0]! : String(cause);
}

/** Throws `E_KERNEL_TRANSLATOR` unless this can be gpu.js. */
export function checkTranslator(gpujs: GpuJs): void {
  if (typeof gpujs?.WebGL2FunctionNode !== 'function') throw unknownTranslator('there is no WebGL2FunctionNode');
}

function unknownTranslator(found: string, cause?: unknown): UsageError {
  return new UsageError(
    'E_KERNEL_TRANSLATOR',
    `createElementwise: this is not gpu.js as known here, for ${found}. Install the one version that is, ` +
      `\`npm install --save-exact gpu.js@${GPU_JS_VERSION}\`, and pass the module: import gpujs from 'gpu.js'. If it ` +
      'is that version, this is a bug of ours: report it with the function.',
    { cause },
  );
}
