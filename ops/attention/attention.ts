/**
 * Causal attention over a cache of keys and values, all heads in two draws: `attention_scores` takes each query's
 * product with the keys that its mask lets it see, slot by slot (mask.ts), and `attention` their softmax times
 * the values. A sparse mask has few slots, and nothing else is read.
 *
 * Queries are the first N·D channels of rows [S·M, C]: M positions of S sequences, from `position` on. The cache holds
 * 2·N vectors of D for each position of B sequences, keys and then values (ops/cache); S divides B, and the B / S
 * sequences that share a row hold the same. Letters: L slots, Q = ⌈D / 4⌉ texels of a vector.
 */
import { checkCounts } from '../arguments.ts';
import { checkObject } from '../../base/check-argument.ts';
import { ShapeError } from '../../base/errors.ts';
import { apply, formatShape, sameShape, sizeOf } from '../../engine/index.ts';
import type { Op, ReferenceCall, ShaderCall, Tensor, TensorType } from '../../engine/index.ts';
import { cacheShape } from '../cache/cache.ts';
import type { CacheForm } from '../cache/cache.ts';
import { accurateExp } from '../elementwise/accurate.glsl.ts';
import { divide, floatLiteral } from '../shader/accessors.ts';
import { countFragments, singlePixelBlock, writeElementShader, writePixelShader } from '../shader/fragment.ts';
import { checkMask, keyOf, slotCount, writeKeyOf } from './mask.ts';
import type { Mask } from './mask.ts';

/** The form of an attention. */
export interface AttentionAttributes {
  /** Sequences of the rows. */
  readonly sequences: number;
  /** Sequences of the cache. */
  readonly batch: number;
  /** Positions of the cache. */
  readonly length: number;
  readonly heads: number;
  readonly headSize: number;
  readonly mask: Mask;
  /** Whether every query is a text position, which sees no image. */
  readonly reach: 'text' | 'all';
}

/** What keys that a query does not see score: less than any other score, and no infinity, which might make NaN. */
const UNSEEN = -3e38;

/** The cache that attention reads: keys of all heads, then values of all heads. `first` skips the queries. */
export function keyValueForm({
  batch,
  length,
  heads,
  headSize,
}: Pick<AttentionAttributes, 'batch' | 'length' | 'heads' | 'headSize'>): CacheForm {
  return { batch, length, first: heads * headSize, groups: 2 * heads, size: headSize };
}

/**
 * rows [S·M, C], cache of keyValueForm, position i32 [1] of the first query of each sequence → [S·M, N·D].
 * @throws ShapeError `E_SHAPE`, `E_ATTRIBUTE`
 */
export function attention(rows: Tensor, cache: Tensor, position: Tensor, attributes: AttentionAttributes): Tensor {
  checkCounts('attention', attributes, ['sequences', 'batch', 'length', 'heads', 'headSize']);
  checkObject('attention', 'mask', attributes.mask);
  const scores = apply(attentionScoresOp, [rows, cache, position], attributes); // [S·N, M, L]
  return apply(attentionValuesOp, [scores, cache, position], attributes);
}

export const attentionScoresOp: Op<AttentionAttributes> = {
  name: 'attention_scores',
  operands: ['rows', 'keys', 'position'],
  infer([rows, cache], attributes) {
    const { sequences, heads, headSize, mask, reach } = attributes;
    checkAttention(rows!, cache!, attributes);
    if (rows!.shape[1]! < heads * headSize) throw shapeError(`rows need ${heads * headSize} channels`, rows!);
    return { shape: [sequences * heads, rows!.shape[0]! / sequences, slotCount(mask, reach)], dtype: 'f32' };
  },
  reference: computeScores,
  describe: describeAttention,
  macs: ({ output, attributes: { headSize } }) => sizeOf(output.type.shape) * headSize,
  kernels: {
    webgl: {
      shader: writeScoresShader,
      block: () => singlePixelBlock,
      fetches: ({ output, attributes: { headSize } }) => countFragments(output.layout) * 5 * Math.ceil(headSize / 4),
    },
  },
};

export const attentionValuesOp: Op<AttentionAttributes> = {
  name: 'attention',
  operands: ['scores', 'values', 'position'],
  infer([scores], { sequences, heads, headSize }) {
    return { shape: [sequences * scores!.shape[1]!, heads * headSize], dtype: 'f32' };
  },
  reference: computeValues,
  describe: describeAttention,
  macs: ({ inputs, output }) => sizeOf(output.type.shape) * inputs[0]!.type.shape[2]!,
  kernels: {
    webgl: {
      shader: writeValuesShader,
      block: () => singlePixelBlock,
      fetches: ({ inputs, output }) => countFragments(output.layout) * inputs[0]!.type.shape[2]! * 1.5,
    },
  },
};

function describeAttention({ heads, headSize, mask, reach }: AttentionAttributes): string {
  return `${heads} heads of ${headSize}, ${mask.kind}${reach === 'text' ? ', text only' : ''}`;
}

function checkAttention(rows: TensorType, cache: TensorType, attributes: AttentionAttributes): void {
  const { sequences, batch, length, mask } = attributes;
  checkMask(mask);
  if (rows.shape.length !== 2 || rows.shape[0]! % sequences !== 0 || batch % sequences !== 0) {
    throw shapeError(`rows must be [S·M, C] with S = ${sequences} dividing a batch of ${batch}`, rows);
  }
  const wanted = cacheShape(keyValueForm(attributes));
  if (!sameShape(cache.shape, wanted)) throw shapeError(`the cache must be ${formatShape(wanted)}`, cache);
  if (length > mask.text + mask.grid[0] * mask.grid[1]) {
    throw new ShapeError('E_ATTRIBUTE', `attention: a cache of ${length} positions is longer than its mask.`);
  }
}

function shapeError(wanted: string, { shape }: TensorType): ShapeError {
  return new ShapeError('E_SHAPE', `attention: ${wanted}, got ${formatShape(shape)}.`);
}

/** Number d of vector `vector` of a sequence at a position of the cache, row-major. */
function readCache({ batch, length, heads, headSize }: AttentionAttributes): (...at: number[]) => number {
  const texels = Math.ceil(headSize / 4);
  const width = batch * 2 * heads * texels;
  return (sequence, vector, position, d) =>
    ((d! % 4) * length + position!) * width + (sequence! * 2 * heads + vector!) * texels + Math.floor(d! / 4);
}

function computeScores({
  attributes,
  inputs,
  inputTypes,
  output,
  outputType,
}: ReferenceCall<AttentionAttributes>): void {
  const { sequences, batch, heads, headSize, mask } = attributes;
  const [rows, cache, position] = inputs;
  const channels = inputTypes[0]!.shape[1]!;
  const [, queries, slots] = outputType.shape as [number, number, number];
  const place = readCache(attributes);
  for (let n = 0; n < sequences * heads; n++) {
    const sequence = Math.floor(n / heads);
    for (let m = 0; m < queries; m++) {
      for (let slot = 0; slot < slots; slot++) {
        const key = keyOf(mask, position![0]! + m, slot);
        let sum = 0;
        for (let d = 0; d < headSize && key >= 0; d++) {
          const query = rows![(sequence * queries + m) * channels + (n % heads) * headSize + d]!;
          sum += query * cache![place((sequence * batch) / sequences, n % heads, key, d)]!;
        }
        output[(n * queries + m) * slots + slot] = key >= 0 ? sum / Math.sqrt(headSize) : UNSEEN;
      }
    }
  }
}

function computeValues({ attributes, inputs, inputTypes, output }: ReferenceCall<AttentionAttributes>): void {
  const { sequences, batch, heads, headSize, mask } = attributes;
  const [scores, cache, position] = inputs;
  const [, queries, slots] = inputTypes[0]!.shape as [number, number, number];
  const place = readCache(attributes);
  for (let n = 0; n < sequences * heads; n++) {
    const sequence = Math.floor(n / heads);
    for (let m = 0; m < queries; m++) {
      const start = (n * queries + m) * slots;
      const keys = Array.from({ length: slots }, (_, slot) => keyOf(mask, position![0]! + m, slot));
      const row = Array.from(scores!.slice(start, start + slots));
      const top = Math.max(...row);
      const exponentials = row.map((score, slot) => (keys[slot]! >= 0 ? Math.exp(score - top) : 0));
      const total = exponentials.reduce((sum, value) => sum + value, 0);
      for (let d = 0; d < headSize; d++) {
        let sum = 0;
        exponentials.forEach((weight, slot) => {
          const key = keys[slot]!;
          if (key >= 0) sum += weight * cache![place((sequence * batch) / sequences, heads + (n % heads), key, d)]!;
        });
        output[((sequence * queries + m) * heads + (n % heads)) * headSize + d] = sum / total;
      }
    }
  }
}

function writeScoresShader(call: ShaderCall<AttentionAttributes>): string {
  const { sequences, batch, heads, headSize, mask } = call.attributes;
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
      `  int column = (sequence * ${(batch / sequences) * 2 * heads} + head) * ${texels};`,
      '  int place = int(position_at(0, 0, 0, 0)) + x;',
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

/** `vec4 attend(int sequence, int head, int row, int query, int d)`: texel d of a head's result. */
function writeAttend(call: ShaderCall<AttentionAttributes>): string {
  const { sequences, batch, heads, headSize, mask } = call.attributes;
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
    `  int column = (sequence * ${(batch / sequences) * 2 * heads} + ${heads} + head) * ${texels} + d;`,
    '  int place = int(position_at(0, 0, 0, 0)) + query;',
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
