/**
 * Changes to the text of a shader that the engine's product generator (ops/shader/product.ts) wrote, to try its loops
 * in another form without a second generator. Changes of loops throw where there is no such loop, so that none is
 * lost unseen when the generator changes.
 */
import type { Op } from '../../engine/index.ts';

export type ChangeShader = (shader: string) => string;

/** The op with its shader changed, first change first. */
export function withShader<A>(op: Op<A>, ...changes: readonly ChangeShader[]): Op<A> {
  return { ...op, glsl: (call) => changes.reduce((shader, change) => change(shader), op.glsl!(call)) };
}

const loops =
  /for \(int in_quad = 0; in_quad < (\d+); \+\+in_quad\) \{\s*((?:ivec3 plane_place = .*;)?)\s*for \(int dy = 0; dy < (\d+); \+\+dy\) \{/;

/** The loop over tap rows inside the loop over channel quads becomes one loop over both. */
export function fuseLoops(shader: string): string {
  const [nest, quads, place, rows] = matchOnce(shader, loops);
  const steps = Number(quads) * Number(rows);
  const located = `int in_quad = step / ${rows}; int dy = step - in_quad * ${rows}; ${place}`;
  return shader.replace(nest!, `{ for (int step = 0; step < ${steps}; ++step) { ${located}`);
}

const selection = /= \((.*) \? (a_(?:fetch|pixel)\(.*\)) : vec4\(0\.0\)\);/g;

/** Pixels are fetched first and then kept or not, where `condition ? fetch : 0` puts the fetch into a branch. */
export function selectAfterFetch(shader: string): string {
  const keep = 'vec4 keep_if(bool inside, vec4 texel) {\n  return inside ? texel : vec4(0.0);\n}\n\nvoid main() {';
  return shader.replace(selection, '= keep_if($1, $2);').replace('void main() {', keep);
}

/** `for (int v = 0; v < N; ++v)` with several bodies a turn: the largest number up to `copies` that divides N; no loop if that is N. */
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
