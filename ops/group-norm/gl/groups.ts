/** GLSL that the kernels of group_norm share: where a channel's group begins, and sums over a group's channels. */
import type { Grid } from '../../../engine/index.ts';
import { divide } from '../../shader/accessors.ts';

/** What a shader must know of the groups. */
export interface GroupShape {
  readonly channels: number;
  /** Channels of a group. */
  readonly size: number;
}

export function groupShape({ c }: Pick<Grid, 'c'>, groups: number): GroupShape {
  return { channels: c, size: c / groups };
}

/** `int group_start(int c)`: the first channel of a channel's group, of the last channel's for those beyond it. */
export function declareGroups({ channels, size }: GroupShape): string {
  return `int group_start(int c) {\n  return ${divide(`min(c, ${channels - 1})`, size)} * ${size};\n}`;
}

/** `vec4 first_of_groups(int n, int quad)`: for each of four channels the first number of its group of operand x. */
export function declareFirsts({ size }: GroupShape): string {
  const firsts = eachLane((lane) => `x_at(n, group_start(quad * 4 + ${lane}), 0, 0)`, size);
  return `vec4 first_of_groups(int n, int quad) {\n  return vec4(${firsts});\n}`;
}

/**
 * `vec4 sum_of_groups(int n, int quad, int y)`: for each of four channels the sum over its group of row y of an operand
 * [B, C, ., count]. Where whole quads make a group its four channels are added at once.
 */
export function declareSums(operand: string, { size }: GroupShape, count: number): string {
  const body =
    size % 4 === 0
      ? [
          `  int start = group_start(quad * 4) >> 2;`,
          `  for (int part = start; part < start + ${size / 4}; ++part) {`,
          `    for (int i = 0; i < ${count}; ++i) total += ${operand}_pixel(n, part, y, i);`,
          '  }',
          '  return vec4(dot(total, vec4(1.0)));',
        ]
      : [
          `  for (int c = 0; c < ${size}; ++c) {`,
          `    for (int i = 0; i < ${count}; ++i) {`,
          `      total += vec4(${eachLane((lane) => `${operand}_at(n, group_start(quad * 4 + ${lane}) + c, y, i)`, size)});`,
          '    }',
          '  }',
          '  return total;',
        ];
  return ['vec4 sum_of_groups(int n, int quad, int y) {', '  vec4 total = vec4(0.0);', ...body, '}'].join('\n');
}

/** An expression for each lane, or one for all where the four channels are of one group. */
function eachLane(write: (lane: number) => string, size: number): string {
  return size % 4 === 0 ? write(0) : [0, 1, 2, 3].map(write).join(', ');
}
