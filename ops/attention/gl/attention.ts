/**
 * attention_scores and attention in GLSL: a fragment makes the scores of four slots, or four numbers of a head's
 * result, and reads only keys and values that the mask lets its query see. The vectors of a cache begin at a texel
 * each, so four products are four dot products.
 */
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import { accurateExp } from '../../elementwise/gl/accurate.ts';
import { divide, floatLiteral } from '../../shader/accessors.ts';
import { countFragments, singlePixelBlock, writeElementShader, writePixelShader } from '../../shader/fragment.ts';
import { describeAttention, UNSEEN } from '../attributes.ts';
import type { AttentionAttributes } from '../attributes.ts';
import { writeKeyOf } from './key-of.ts';

export const attentionScoresGl: GlKernel<AttentionAttributes> = {
  shader: writeScoresShader,
  block: () => singlePixelBlock,
  fetches: ({ output, attributes: { headSize } }) => countFragments(output.layout) * 5 * Math.ceil(headSize / 4),
};

export const attentionValuesGl: GlKernel<AttentionAttributes> = {
  shader: writeValuesShader,
  block: () => singlePixelBlock,
  fetches: ({ inputs, output }) => countFragments(output.layout) * inputs[0]!.type.shape[2]! * 1.5,
};

function writeScoresShader(call: ShaderCall<AttentionAttributes>): string {
  const { heads, headSize, mask } = call.attributes;
  const texels = Math.ceil(headSize / 4);
  const queries = call.output.type.shape[1]!;
  const lanes = [0, 1, 2, 3].map((lane) => {
    const read = `rows_at(0, head * ${headSize} + d * 4 + ${lane}, 0, row)`;
    return headSize % 4 === 0 || lane === 0 ? read : `(d * 4 + ${lane} < ${headSize} ? ${read} : 0.0)`;
  });
  const query = headSize % 4 === 0 ? `rows_pixel(0, head * ${texels} + d, 0, row)` : `vec4(${lanes.join(', ')})`;
  const products = ['x', 'y', 'z', 'w'].map((lane) => `dot(query, keys_pixel(0, 0, known.${lane}, column + d))`);
  return writePixelShader(
    call,
    `attention scores, ${describeAttention(call.attributes)}`,
    [
      writeKeyOf(mask),
      '',
      'vec4 value(int n, int quad, int y, int x) {',
      `  int sequence = ${divide('n', heads)};`,
      `  int head = n - sequence * ${heads};`,
      `  int row = sequence * ${queries} + x;`,
      `  int column = (${rowOfCache(call.attributes)} * ${2 * heads} + head) * ${texels};`,
      `  int place = ${placeQuery(call.attributes, 'x')};`,
      '  ivec4 key = ivec4(key_of(place, quad * 4), key_of(place, quad * 4 + 1), key_of(place, quad * 4 + 2), key_of(place, quad * 4 + 3));',
      '  ivec4 known = max(key, 0);',
      '  vec4 sum = vec4(0.0);',
      `  for (int d = 0; d < ${texels}; ++d) {`,
      `    vec4 query = ${query};`,
      `    sum += vec4(${products.join(', ')});`,
      '  }',
      // What a slot without a key read is chosen away, never multiplied: it may be anything.
      `  return mix(sum * ${floatLiteral(1 / Math.sqrt(headSize))}, vec4(${floatLiteral(UNSEEN)}), lessThan(key, ivec4(0)));`,
      '}',
    ].join('\n'),
  );
}

/** The sequence of the cache that `sequence` of the rows looks at. */
function rowOfCache({ sequences, batch }: AttentionAttributes): string {
  return batch < sequences ? divide('sequence', sequences / batch) : `sequence * ${batch / sequences}`;
}

/** Where query `m` of `sequence` stands, as its mask counts. */
function placeQuery(attributes: AttentionAttributes, m: string): string {
  return attributes.mask.kind === 'all'
    ? `int(position_at(0, ${rowOfCache(attributes)}, 0, 0)) - 1`
    : `int(position_at(0, 0, 0, 0)) + ${m}`;
}

/** `vec4 attend(int sequence, int head, int row, int query, int d)`: texel d of a head's result. */
function writeAttend(call: ShaderCall<AttentionAttributes>): string {
  const { heads, headSize, mask } = call.attributes;
  const texels = Math.ceil(headSize / 4);
  const slots = call.inputs[0]!.type.shape[2]!;
  const lanes = ['x', 'y', 'z', 'w'].flatMap((lane, index) => [
    `    key = key_of(place, s * 4 + ${index});`,
    '    if (key >= 0) {',
    `      total += weight.${lane};`,
    `      sum += weight.${lane} * values_pixel(0, 0, key, column);`,
    '    }',
  ]);
  return [
    accurateExp.trim(),
    '',
    writeKeyOf(mask),
    '',
    'vec4 attend(int sequence, int head, int query, int d) {',
    `  int n = sequence * ${heads} + head;`,
    `  int column = (${rowOfCache(call.attributes)} * ${2 * heads} + ${heads} + head) * ${texels} + d;`,
    `  int place = ${placeQuery(call.attributes, 'query')};`,
    '  vec4 top = scores_pixel(n, 0, 0, query);',
    `  for (int s = 1; s < ${slots / 4}; ++s) top = max(top, scores_pixel(n, s, 0, query));`,
    '  float most = max(max(top.x, top.y), max(top.z, top.w));',
    '  vec4 sum = vec4(0.0);',
    '  float total = 0.0;',
    '  int key;',
    `  for (int s = 0; s < ${slots / 4}; ++s) {`,
    '    vec4 weight = accurate_exp(scores_pixel(n, s, 0, query) - most);',
    ...lanes,
    '  }',
    '  return sum / total;',
    '}',
  ].join('\n');
}

function writeValuesShader(call: ShaderCall<AttentionAttributes>): string {
  const { headSize } = call.attributes;
  const queries = call.inputs[0]!.type.shape[1]!;
  const title = `attention values, ${describeAttention(call.attributes)}`;
  const locate = [`  int sequence = ${divide('x', queries)};`, `  int query = x - sequence * ${queries};`];
  if (headSize % 4 === 0) {
    const texels = headSize / 4;
    const attend = `attend(sequence, ${divide('quad', texels)}, query, quad - ${divide('quad', texels)} * ${texels})`;
    const value = ['vec4 value(int n, int quad, int y, int x) {', ...locate, `  return ${attend};`, '}'];
    return writePixelShader(call, title, [writeAttend(call), '', ...value].join('\n'));
  }
  const element = [
    'float element(int n, int c, int y, int x) {',
    ...locate,
    `  int d = c % ${headSize};`,
    `  return attend(sequence, c / ${headSize}, query, d >> 2)[d & 3];`,
    '}',
  ];
  return writeElementShader(call, title, [writeAttend(call), '', ...element].join('\n'));
}
