/** What a LayerNorm knows of rows, and its way back, in GLSL (../norm-stats.ts): one fragment walks a row, if any. */
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import { floatLiteral } from '../../shader/accessors.ts';
import { singlePixelBlock, writePixelShader } from '../../shader/fragment.ts';
import type { LayerNormAttributes } from '../attributes.ts';

export const normStatsGl: GlKernel<LayerNormAttributes> = {
  shader(call) {
    const count = floatLiteral(call.inputs[0]!.layout.grid.c);
    return writeRowShader(call, 'norm_stats', [
      '  float first = x_at(n, 0, 0, x);',
      '  vec4 total = vec4(0.0), squares = vec4(0.0);',
      ...overRow(call, 'total += (x_pixel(n, step, 0, x) - first) * exists;'),
      `  float mean = dot(total, vec4(1.0)) / ${count};`,
      ...overRow(
        call,
        'vec4 deviation = ((x_pixel(n, step, 0, x) - first) - mean) * exists;',
        'squares += deviation * deviation;',
      ),
      `  float variance = dot(squares, vec4(1.0)) / ${count};`,
      `  return vec4(mean, inversesqrt(variance + ${floatLiteral(call.attributes.eps)}), 0.0, 0.0);`,
    ]);
  },
  block: () => singlePixelBlock,
};

export const normalizeGl: GlKernel<undefined> = {
  shader(call) {
    const isAffine = call.inputs.length > 2;
    const affine = isAffine ? ' * weight_pixel(0, quad, 0, 0) + bias_pixel(0, quad, 0, 0)' : '';
    return writeRowShader(call, 'normalize', [...readRow, `  return normal(n, quad, x, first, stats)${affine};`]);
  },
};

export const normMeansGl: GlKernel<undefined> = {
  shader(call) {
    const count = floatLiteral(call.inputs[1]!.layout.grid.c);
    return writeRowShader(call, 'norm_means', [
      ...readRow,
      '  vec4 total = vec4(0.0), products = vec4(0.0);',
      ...overRow(
        call,
        'vec4 scaled = cotangent_pixel(n, step, 0, x) * weight_pixel(0, step, 0, 0);',
        'total += scaled;',
        'products += scaled * normal(n, step, x, first, stats);',
      ),
      `  return vec4(dot(total, vec4(1.0)), dot(products, vec4(1.0)), 0.0, 0.0) / ${count};`,
    ]);
  },
  block: () => singlePixelBlock,
};

export const layerNormByXGl: GlKernel<undefined> = {
  shader: (call) =>
    writeRowShader(call, 'layer_norm_by_x', [
      ...readRow,
      '  vec2 means = means_pixel(n, 0, 0, x).xy;',
      '  vec4 scaled = cotangent_pixel(n, quad, 0, x) * weight_pixel(0, quad, 0, 0);',
      '  return ((scaled - means.x) - normal(n, quad, x, first, stats) * means.y) * stats.y;',
    ]),
};

/** What is known of the row. */
const readRow = ['  float first = x_at(n, 0, 0, x);', '  vec2 stats = stats_pixel(n, 0, 0, x).xy;'];

/** A shader whose `value` has this body; channels of a row are four a quad, and rows lie along x. */
function writeRowShader(call: ShaderCall, title: string, body: readonly string[]): string {
  const hasStats = call.inputs.some(({ name }) => name === 'stats');
  const normal = [
    'vec4 normal(int n, int quad, int x, float first, vec2 stats) {',
    '  return ((x_pixel(n, quad, 0, x) - first) - stats.x) * stats.y;',
    '}',
  ];
  const value = ['vec4 value(int n, int quad, int y, int x) {', ...body, '}'];
  return writePixelShader(call, title, [...(hasStats ? normal : []), ...value].join('\n'));
}

/** A loop over the quads of x; `exists` is 1 in the lanes of channels that there are. */
function overRow({ inputs }: ShaderCall, ...body: readonly string[]): string[] {
  const { quads, grid } = inputs.find(({ name }) => name === 'x')!.layout;
  return [
    `  for (int step = 0; step < ${quads}; ++step) {`,
    `    vec4 exists = vec4(lessThan(ivec4(step * 4) + ivec4(0, 1, 2, 3), ivec4(${grid.c})));`,
    ...body.map((line) => `    ${line}`),
    '  }',
  ];
}
