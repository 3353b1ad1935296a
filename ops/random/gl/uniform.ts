/**
 * uniform in GLSL: Philox4x32-10 (base/philox.ts) of four channels at once. GLSL ES 3.00 has no upper half of a
 * product: it is put together of products of 16 bits. Its whole numbers of 32 bits wrap around as the generator wants.
 */
import { stridesOf } from '../../../engine/index.ts';
import type { GlKernel } from '../../../engine/index.ts';
import { writePixelShader } from '../../shader/fragment.ts';
import { flatIndex, logicalIndices } from '../../shader/indices.ts';
import type { UniformAttributes } from '../attributes.ts';

const philox = `uvec4 multiply_high(uint m, uvec4 x) {
  uvec4 upper = x >> 16u, lower = x & 0xffffu;
  uvec4 middle = upper * (m & 0xffffu) + ((lower * (m & 0xffffu)) >> 16u);
  uvec4 other = lower * (m >> 16u) + (middle & 0xffffu);
  return upper * (m >> 16u) + (middle >> 16u) + (other >> 16u);
}

uvec4 philox(uvec4 a, uint sample_number, uint use, uint step_number, uint seed) {
  uvec4 b = uvec4(sample_number), c = uvec4(use), d = uvec4(step_number);
  uint first = seed, second = 0u;
  for (int round = 0; round < 10; ++round) {
    uvec4 next = multiply_high(0xcd9e8d57u, c) ^ b ^ first;
    b = c * 0xcd9e8d57u;
    c = multiply_high(0xd2511f53u, a) ^ d ^ second;
    d = a * 0xd2511f53u;
    a = next;
    first += 0x9e3779b9u;
    second += 0xbb67ae85u;
  }
  return a;
}`;

export const uniformGl: GlKernel<UniformAttributes> = {
  shader(call) {
    const { shape } = call.output.type;
    const [sample, ...within] = logicalIndices(shape.length);
    const element = flatIndex(
      within.map((name) => (name === 'c' ? '(quad * 4)' : name)),
      call.attributes.shape,
    );
    const stride = stridesOf(shape)[shape.length === 4 ? 1 : shape.length - 1]!;
    return writePixelShader(
      call,
      'uniform',
      [
        philox,
        '',
        'uint join_halves(int at) {',
        '  return uint(stream_at(0, at, 0, 0)) | (uint(stream_at(0, at + 1, 0, 0)) << 16u);',
        '}',
        '',
        'vec4 value(int n, int quad, int y, int x) {',
        `  uvec4 element = uvec4(ivec4(${element}) + ivec4(0, 1, 2, 3) * ${stride});`,
        `  uint number = uint(int(samples_at(0, ${sample}, 0, 0)));`,
        `  uvec4 words = philox(element, number, ${call.attributes.use >>> 0}u, join_halves(2), join_halves(0));`,
        '  return (vec4(words >> 9u) + 0.5) * 1.1920928955078125e-7;',
        '}',
      ].join('\n'),
    );
  },
};
