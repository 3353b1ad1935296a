/** winograd_weights in GLSL: a texel takes the nine taps of four output channels, column by column. */
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import { countFragments, quotient, singlePixelBlock, writePixelShader } from '../../shader/fragment.ts';
import type { WinogradWeightAttributes } from '../attributes.ts';

export const winogradWeightsGl: GlKernel<WinogradWeightAttributes> = {
  shader: writeWeightsShader,
  block: () => singlePixelBlock,
  fetches: ({ output: { layout } }) => countFragments(layout) * (layout.lanes / 4) * 9,
};

function writeWeightsShader(call: ShaderCall<WinogradWeightAttributes>): string {
  const { matrices, phases } = call.attributes;
  const { tile } = matrices;
  const { quads } = call.inputs[0]!.layout;
  const lanes = call.output.layout.grid.w;
  const sum = (row: string, terms: readonly string[]): string =>
    terms.map((term, tap) => `${row}.${'xyz'[tap]} * ${term}`).join(' + ');
  const columns = [0, 1, 2].map((dx) => {
    const reads = [0, 1, 2].map((dy) => `packed_pixel(0, part, y * 3 + ${dy}, x + ${dx * lanes})`);
    return `  vec4 column_${dx} = ${sum('row_h', reads)};`;
  });
  return writePixelShader(
    call,
    'Winograd, weights',
    [
      'vec4 value(int n, int quad, int y, int x) {',
      `  int v = ${quotient('n', tile, tile ** 2)};`,
      `  int u = n - v * ${tile};`,
      `  int phase = ${quotient('quad', quads, phases ** 2 * quads)};`,
      `  int part = quad - phase * ${quads};`,
      `  vec4 row_h = rows_pixel(0, 0, 0, u + (phase & 1) * ${tile});`,
      `  vec4 row_w = rows_pixel(0, 0, 0, v + (phase >> 1) * ${tile});`,
      ...columns,
      `  return (${sum('row_w', ['column_0', 'column_1', 'column_2'])}) * (row_h.w * row_w.w);`,
      '}',
    ].join('\n'),
  );
}
