/**
 * Changes to the text of a shader that the engine's product generator (ops/shader/product.ts) wrote, to try its loops
 * in another form without a second generator. Changes of loops throw where there is no such loop, so that none is
 * lost unseen when the generator changes.
 */
import { withKernel, shaderOf } from './blocks.ts';
import type { Op } from '../../engine/index.ts';

export type ChangeShader = (shader: string) => string;

/** The op with its shader changed, first change first. */
export function withShader<A>(op: Op<A>, ...changes: readonly ChangeShader[]): Op<A> {
  return withKernel(op, { shader: (call) => changes.reduce((shader, change) => change(shader), shaderOf(op, call)) });
}

const loop =
  /for \(int turn = 0; turn < (\d+); \+\+turn\) \{\s*int in_quad = turn \/ (\d+);\s*int dy = turn - in_quad \* \d+;\s*((?:ivec3 plane_place = .*;)?)/;

/** The one loop over channel quads and tap rows becomes a loop over rows inside a loop over quads. */
export function nestLoops(shader: string): string {
  if (!shader.includes('int turn = 0')) return shader; // one tap row: there is only one loop
  const [head, turns, rows, place] = matchOnce(shader, loop);
  const start = shader.indexOf(head!);
  const end = findClosingBrace(shader, start + head!.indexOf('{') + 1);
  const quads = Number(turns) / Number(rows);
  const nest = `for (int in_quad = 0; in_quad < ${quads}; ++in_quad) { ${place} for (int dy = 0; dy < ${rows}; ++dy) {`;
  return `${shader.slice(0, start)}${nest}${shader.slice(start + head!.length, end)}} ${shader.slice(end)}`;
}

/** A call with up to two more inside one another among its arguments. */
const fetchCall = /a_(?:fetch|pixel)\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)/;
const kept = new RegExp(`keep_if\\(([^,]*), (${fetchCall.source})\\)`, 'g');

/** Every kept-or-not fetch as `condition ? fetch : 0`, which puts the fetch into a branch. */
export function branchAroundFetches(shader: string): string {
  return shader.replace(kept, '($1 ? $2 : vec4(0.0))');
}

/** The loop over tap rows written out; a kernel of one row has none. */
export function unrollRows(shader: string): string {
  return shader.includes('for (int dy') ? unrollLoop('dy', 7)(shader) : shader;
}

/**
 * `for (int v = 0; v < N; ++v)` with several bodies a turn: the largest number up to `copies` that divides N; no loop
 * if that is N.
 */
export function unrollLoop(variable: string, copies: number): ChangeShader {
  return (shader) => {
    const header = new RegExp(`for \\(int ${variable} = 0; ${variable} < (\\d+); \\+\\+${variable}\\) \\{`);
    const [loop, count] = matchOnce(shader, header);
    const start = shader.indexOf(loop!);
    const end = findClosingBrace(shader, start + loop!.length);
    const body = shader.slice(start + loop!.length, end);
    let step = Math.min(copies, Number(count));
    while (Number(count) % step > 0) step--;
    const whole = step === Number(count);
    const base = `${variable}_base`;
    const bodies = Array.from(
      { length: step },
      (_, copy) => `{ int ${variable} = ${whole ? copy : `${base} + ${copy}`};${body}}`,
    );
    const turns = whole ? '{' : `for (int ${base} = 0; ${base} < ${count}; ${base} += ${step}) {`;
    return `${shader.slice(0, start)}${turns}\n${bodies.join('\n')}\n${shader.slice(end)}`;
  };
}

function matchOnce(shader: string, pattern: RegExp): RegExpExecArray {
  const found = pattern.exec(shader);
  if (!found) throw new Error(`shader-text: nothing in this shader is like ${pattern}:\n${shader}`);
  return found;
}

/** Position of the brace that closes the one before `start`. */
function findClosingBrace(text: string, start: number): number {
  let depth = 1;
  for (let position = start; position < text.length; position++) {
    if (text[position] === '{') depth++;
    if (text[position] === '}' && --depth === 0) return position;
  }
  throw new Error(`shader-text: a brace stays open after position ${start}.`);
}
