/**
 * Loops of a kernel count between numbers that are written out: then the turns are known, the shader is bounded, and
 * fp32 counts as float64 does. Any other loop could hang a GPU, or end early where gpu.js caps it.
 */
import type { Refuse } from './refusal.ts';
import type * as S from './syntax.ts';

/** Loops within loops make at most this many turns. */
const MOST_TURNS = 4096;

interface CountedLoop {
  readonly counter: S.Identifier;
  readonly turns: number;
}

const comparisons: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

/** @param outerTurns of the loops around this one */
export function checkLoop(loop: S.For, outerTurns: number, refuse: Refuse): CountedLoop {
  const head = readHead(loop);
  if (!head) {
    const wanted = 'for (let i = 0; i < 8; i++), between whole numbers that are written out, up or down by one or more';
    return refuse(loop, `a loop must count, as in ${wanted}.`);
  }
  let turns = 0;
  for (let i = head.start; head.goesOn(i, head.limit); i += head.step) {
    turns++;
    if (turns * outerTurns > MOST_TURNS) {
      return refuse(loop, `loops may make ${MOST_TURNS} turns altogether, and these make more or never end.`);
    }
  }
  return { counter: head.counter, turns };
}

interface LoopHead {
  readonly counter: S.Identifier;
  readonly start: number;
  readonly limit: number;
  readonly step: number;
  readonly goesOn: (value: number, limit: number) => boolean;
}

function readHead({ init, test, update }: S.For): LoopHead | undefined {
  if (init?.type !== 'VariableDeclaration' || init.kind !== 'let' || init.declarations.length !== 1) return;
  const [{ id: counter, init: first }] = init.declarations as [S.Declarator];
  if (counter.type !== 'Identifier' || first?.type !== 'Literal') return; // gpu.js knows no start below zero
  const isCounter = (node: S.Expression): boolean => node.type === 'Identifier' && node.name === counter.name;
  if (test?.type !== 'BinaryExpression' || !isCounter(test.left)) return;
  const start = readWhole(first);
  const limit = readWhole(test.right);
  const step = update ? readStep(update, isCounter) : undefined;
  const goesOn = comparisons[test.operator];
  if (start === undefined || limit === undefined || step === undefined || goesOn === undefined) return;
  return { counter, start, limit, step, goesOn };
}

function readStep(update: S.Expression, isCounter: (node: S.Expression) => boolean): number | undefined {
  if (update.type === 'UpdateExpression' && isCounter(update.argument)) return update.operator === '++' ? 1 : -1;
  if (update.type !== 'AssignmentExpression' || !isCounter(update.left)) return undefined;
  const step = readWhole(update.right);
  if (step === undefined) return undefined;
  return update.operator === '+=' ? step : update.operator === '-=' ? -step : undefined;
}

/** A whole number that fp32 holds exactly. */
function readWhole(node: S.Expression): number | undefined {
  if (node.type === 'UnaryExpression' && node.operator === '-') {
    const value = readWhole(node.argument);
    return value === undefined ? undefined : -value;
  }
  if (node.type !== 'Literal' || !Number.isInteger(node.value)) return undefined;
  const value = node.value as number;
  return Math.abs(value) <= 2 ** 24 ? value : undefined;
}
