/**
 * Shaders that differ in numbers only share a program; what its uniforms are told are those numbers; everything else
 * stays. That plans then compute the same is what every test of an op and a net says.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shareShaders } from './share-programs.ts';
import type { SharedShader } from './share-programs.ts';

const shader = (body: string): string => `#version 300 es
precision highp float;
layout(location = 0) out vec4 result_0;
void main() {
  ${body}
}
`;

/** The source with what its uniforms are told written in their places, and their declarations and copies taken out. */
function writeNumbers({ source, ints, floats }: SharedShader): string {
  return source
    .replace(/^(?:uniform )?highp (?:int|float) (?:ints|floats).*\n/gm, '')
    .replace(/^ {2}(ints|floats)_(\d+) = \1\[\2\];\n/gm, '')
    .replace(/ints_(\d+)/g, (_, index: string) => String(ints[Number(index)]))
    .replace(/floats_(\d+)/g, (_, index: string) => floats[Number(index)]!.toString().replace(/^(-?\d+)$/, '$1.0'));
}

describe('shareShaders', () => {
  test('sizes become uniforms, and equal ones one', () => {
    const [a, b] = shareShaders(
      [8, 16].map((size) => shader(`int x = ${size} * row + min(4, ${size}); float y = ${1 / size};`)),
    );
    expect(a!.source).toBe(b!.source);
    expect(a!.source).toContain('int x = ints_0 * row + min(4, ints_0); float y = floats_0;');
    expect([a!.ints, b!.ints, a!.floats, b!.floats].map((list) => [...list])).toEqual([[8], [16], [0.125], [0.0625]]);
  });

  test.each([
    ['a divisor', 'int x = row / 3;', 'int x = row / 5;'],
    ['a remainder', 'int x = row % 3;', 'int x = row % 5;'],
    ['an element', 'vec4 x = rows[0];', 'vec4 x = rows[1];'],
    ['a const', 'const int x = 3;', 'const int x = 5;'],
    ['a name', 'int x = row_1;', 'int x = row_2;'],
    ['bits', 'uint x = 0x10u + 3u;', 'uint x = 0x20u + 5u;'],
    ['another kind of number', 'float x = 3.0;', 'float x = 3;'],
  ])('%s stays', (_, one, other) => {
    const sources = [shader(one), shader(other)];
    expect(shareShaders(sources).map(({ source }) => source)).toEqual(sources);
  });

  test('comments do not keep shaders apart, and one alone keeps its text', () => {
    const sources = ['// of 8\n  int x = 8;', '// of 9\n  int x = 9;', 'float x = 1.0; // alone'].map(shader);
    const [a, b, alone] = shareShaders(sources);
    expect(a!.source).toBe(b!.source);
    expect(alone).toEqual({ source: sources[2], ints: new Int32Array(), floats: new Float32Array() });
  });

  test('shaders that differ in very many numbers stay apart', () => {
    const sources = [1, 2].map((step) => shader(`vec4 x = f(${Array.from({ length: 120 }, (_, i) => step * i * i)});`));
    expect(shareShaders(sources).map(({ source }) => source)).toEqual(sources);
  });

  test('with its numbers a shared program is the shader it stands for', () => {
    const numbers = fc.tuple(fc.nat(9), fc.nat(9), fc.constantFrom('0.5', '0.25', '3.0'), fc.nat(3));
    const write = ([a, b, c, divisor]: [number, number, string, number]): string =>
      shader(`int x = (row << ${a}) + ${b} * ${a} / ${divisor + 1}; float y = ${c} * float(${b});`);
    const check = (lists: [number, number, string, number][]): void => {
      const sources = lists.map(write);
      expect(shareShaders(sources).map(writeNumbers)).toEqual(sources);
    };
    fc.assert(fc.property(fc.array(numbers, { maxLength: 8 }), check), { seed: 5, numRuns: 300 });
  });

  test('the numbers of equal shaders are one object, so that a program is told once', () => {
    const [a, b, c] = shareShaders([shader('int x = 8;'), shader('int x = 9;'), shader('int x = 8;')]);
    expect(a).toBe(c);
    expect(a).not.toBe(b);
  });
});
