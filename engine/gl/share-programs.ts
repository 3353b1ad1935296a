/**
 * Shaders have all sizes written into them, so that they can be read, and so layers that do the same at other sizes
 * have shaders that differ in numbers only. Of such a group one program is made, and the numbers that differ become
 * uniforms: compiling is what a start waits for, on llvmpipe some 50 ms a program, in browsers on Windows more.
 *
 * Numbers stay where they are that GLSL or speed want constant: locations, elements of vectors, divisors, `const`s.
 */

/** What a program's uniforms `ints` and `floats` are. */
export interface Numbers {
  readonly ints: Int32Array;
  readonly floats: Float32Array;
}

/** Of a program that has no such uniforms. */
export const noNumbers: Numbers = { ints: new Int32Array(), floats: new Float32Array() };

/** A program's source, and the numbers that make one shader of it. */
export interface SharedShader extends Numbers {
  readonly source: string;
}

/** The shaders of a plan, in order. Equal ones yield one and the same object. */
export function shareShaders(shaders: readonly string[]): SharedShader[] {
  const groups = new Map<string, Template[]>();
  for (const shader of new Set(shaders)) {
    const template = readTemplate(shader);
    const group = groups.get(template.form);
    if (group) group.push(template);
    else groups.set(template.form, [template]);
  }
  const shared = new Map<string, SharedShader>();
  for (const group of groups.values()) {
    for (const [shader, common] of shareGroup(group)) shared.set(shader, common);
  }
  return shaders.map((shader) => shared.get(shader)!);
}

/** A shader as the numbers in it and the text between them, which is one longer. */
interface Template {
  readonly shader: string;
  readonly texts: readonly string[];
  readonly numbers: readonly string[];
  /** The text with a sign in the place of every number that may become a uniform: the same for all of a group. */
  readonly form: string;
}

/** Whole and floating decimals that are no part of a name, a swizzle or an unsigned or hexadecimal literal. */
const decimal = /(?<![\w.])(?:\d+\.\d*(?:e[+-]?\d+)?|\d+e[+-]?\d+|\d+)(?![\w.])/g;

/** What may stand before a number that stays: a divisor, an element, a location, a line of its own kind. */
const beforeFixed = /(?:[/%[]|location =|#version|^\s*const .*)\s*$/;

function readTemplate(shader: string): Template {
  const text = shader.replace(/[ \t]*\/\/.*$/gm, '');
  const texts: string[] = [];
  const numbers: string[] = [];
  const form: string[] = [];
  let end = 0;
  for (const { 0: number, index } of text.matchAll(decimal)) {
    const before = text.slice(end, index);
    const line = text.slice(text.lastIndexOf('\n', index - 1) + 1, index);
    texts.push(before);
    numbers.push(number);
    form.push(before, beforeFixed.test(line) ? number : isFloat(number) ? '#float' : '#int');
    end = index + number.length;
  }
  texts.push(text.slice(end));
  form.push(text.slice(end));
  return { shader, texts, numbers, form: form.join('') };
}

function isFloat(number: string): boolean {
  return /[.e]/.test(number);
}

/** WebGL 2 promises 224 uniforms. Shaders that differ in more than this differ in more than sizes. */
const mostUniforms = 100;

function shareGroup(group: readonly Template[]): [shader: string, shared: SharedShader][] {
  const [first] = group as [Template];
  // Numbers that are equal to each other in every shader of the group, such as all uses of a width, are one uniform.
  const columns = { ints: new Map<string, number>(), floats: new Map<string, number>() };
  const places = first.numbers.map((number, position) => {
    const values = group.map(({ numbers }) => numbers[position]!);
    if (values.every((value) => value === number)) return number;
    const kind = isFloat(number) ? 'floats' : 'ints';
    const column = values.join();
    const index = columns[kind].get(column) ?? columns[kind].size;
    columns[kind].set(column, index);
    return `${kind}_${index}`;
  });
  const count = columns.ints.size + columns.floats.size;
  if (count === 0 || count > mostUniforms) {
    return group.map(({ shader }) => [shader, { source: shader, ...noNumbers }]);
  }
  const body = first.texts.map((text, index) => text + (places[index] ?? '')).join('');
  const source = declareNumbers(body, columns.ints.size, columns.floats.size);
  return group.map(({ shader }, member) => {
    const valuesOf = (kind: 'ints' | 'floats'): number[] =>
      [...columns[kind].keys()].map((column) => Number(column.split(',')[member]));
    return [shader, { source, ints: Int32Array.from(valuesOf('ints')), floats: Float32Array.from(valuesOf('floats')) }];
  });
}

/**
 * Uniforms are copied once a fragment. Where they are read, llvmpipe fetches them from memory again in every turn of a
 * loop, which takes 12 % longer.
 */
function declareNumbers(body: string, ints: number, floats: number): string {
  const kinds = [
    { type: 'int', name: 'ints', count: ints },
    { type: 'float', name: 'floats', count: floats },
  ].filter(({ count }) => count > 0);
  const forEach = (write: (kind: { type: string; name: string }, index: number) => string): string[] =>
    kinds.flatMap((kind) => Array.from({ length: kind.count }, (_, index) => write(kind, index)));
  const declarations = [
    ...kinds.map(({ type, name, count }) => `uniform highp ${type} ${name}[${count}];`),
    ...forEach(({ type, name }, index) => `highp ${type} ${name}_${index};`),
  ];
  const copies = forEach(({ name }, index) => `  ${name}_${index} = ${name}[${index}];`);
  return body
    .replace('\n', `\n${declarations.join('\n')}\n`) // behind #version
    .replace('void main() {\n', `void main() {\n${copies.join('\n')}\n`);
}
