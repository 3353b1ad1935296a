/**
 * Attention over a cache of keys and values, all heads in two draws: `attention_scores` takes each query's product
 * with the keys that its mask lets it see, slot by slot (mask.ts), and `attention` their softmax times the values. A
 * sparse mask has few slots, and nothing else is read.
 *
 * Queries are the first N·D channels of rows [S·M, C]: M positions of S sequences, from `position` on. The cache holds
 * 2·N vectors of D for each position of B sequences, keys and then values (ops/cache). S divides B, and the B / S
 * sequences that share a row hold the same; or B divides S, and S / B sequences in a row look at the same keys, as
 * candidates of one text do. Letters: L slots, Q = ⌈D / 4⌉ texels of a vector.
 */
import { checkCounts } from '../arguments.ts';
import { checkObject } from '../../base/check-argument.ts';
import { ShapeError } from '../../base/errors.ts';
import { apply, formatShape, mark, sameShape, sizeOf } from '../../engine/index.ts';
import type { NumericArray, Op, ReferenceCall, Tensor, TensorType } from '../../engine/index.ts';
import { cacheShape } from '../cache/cache.ts';
import type { CacheForm } from '../cache/attributes.ts';
import { describeAttention, UNSEEN } from './attributes.ts';
import type { AttentionAttributes } from './attributes.ts';
import { attentionScoresCpu, attentionValuesCpu } from './cpu/attention.ts';
import { attentionScoresGl, attentionValuesGl } from './gl/attention.ts';
import { checkMask, keyOf, slotCount } from './mask.ts';

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
 * rows [S·M, C], cache of keyValueForm, position i32 [1] of the first query of each sequence → [S·M, N·D]. Where the
 * mask is `all`, position i32 [B] is how many keys each sequence of the cache has, from 1 to its length.
 * @param name what `findMarked` knows the scores by, [S·N, M, L]: the weights before their softmax [none]
 * @throws ShapeError `E_SHAPE`, `E_ATTRIBUTE`
 */
export function attention(
  rows: Tensor,
  cache: Tensor,
  position: Tensor,
  attributes: AttentionAttributes,
  name?: string,
): Tensor {
  checkCounts('attention', attributes, ['sequences', 'batch', 'length', 'heads', 'headSize']);
  checkObject('attention', 'mask', attributes.mask);
  const scores = apply(attentionScoresOp, [rows, cache, position], attributes); // [S·N, M, L]
  const marked = name === undefined ? scores : mark(scores, name);
  return apply(attentionValuesOp, [marked, cache, position], attributes);
}

export const attentionScoresOp: Op<AttentionAttributes> = {
  name: 'attention_scores',
  operands: ['rows', 'keys', 'position'],
  infer([rows, cache, position], attributes) {
    const { sequences, heads, headSize, mask, reach } = attributes;
    checkAttention(rows!, cache!, attributes);
    checkPosition(position!, attributes);
    if (rows!.shape[1]! < heads * headSize) throw shapeError(`rows need ${heads * headSize} channels`, rows!);
    return { shape: [sequences * heads, rows!.shape[0]! / sequences, slotCount(mask, reach)], dtype: 'f32' };
  },
  reference: computeScores,
  describe: describeAttention,
  macs: ({ output, attributes: { headSize } }) => sizeOf(output.type.shape) * headSize,
  kernels: { webgl: attentionScoresGl, cpu: attentionScoresCpu },
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
  kernels: { webgl: attentionValuesGl, cpu: attentionValuesCpu },
};

function checkAttention(rows: TensorType, cache: TensorType, attributes: AttentionAttributes): void {
  const { sequences, batch, length, mask } = attributes;
  checkMask(mask);
  const shares = batch % sequences === 0 || sequences % batch === 0;
  if (rows.shape.length !== 2 || rows.shape[0]! % sequences !== 0 || !shares) {
    throw shapeError(
      `rows must be [S·M, C] with S = ${sequences} dividing a batch of ${batch}, or divided by it`,
      rows,
    );
  }
  const wanted = cacheShape(keyValueForm(attributes));
  if (!sameShape(cache.shape, wanted)) throw shapeError(`the cache must be ${formatShape(wanted)}`, cache);
  if (length > mask.text + mask.grid[0] * mask.grid[1]) {
    throw new ShapeError('E_ATTRIBUTE', `attention: a cache of ${length} positions is longer than its mask.`);
  }
}

function checkPosition({ dtype, shape }: TensorType, { mask, batch }: AttentionAttributes): void {
  const wanted = mask.kind === 'all' ? batch : 1;
  if (dtype === 'i32' && shape.length === 1 && shape[0] === wanted) return;
  const what = mask.kind === 'all' ? 'the keys of each sequence' : 'position';
  throw new ShapeError('E_SHAPE', `attention: ${what} must be i32 [${wanted}], got ${dtype} ${formatShape(shape)}.`);
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

/** The sequence of the cache that a sequence of the rows looks at. */
function rowOfCache({ sequences, batch }: AttentionAttributes, sequence: number): number {
  return Math.floor((sequence * batch) / sequences);
}

/** Where query m of a sequence stands, as its mask counts. */
function placeQuery(attributes: AttentionAttributes, position: NumericArray, sequence: number, m: number): number {
  return attributes.mask.kind === 'all' ? position[rowOfCache(attributes, sequence)]! - 1 : position[0]! + m;
}

function computeScores({
  attributes,
  inputs,
  inputTypes,
  output,
  outputType,
}: ReferenceCall<AttentionAttributes>): void {
  const { sequences, heads, headSize, mask } = attributes;
  const [rows, cache, position] = inputs;
  const channels = inputTypes[0]!.shape[1]!;
  const [, queries, slots] = outputType.shape as [number, number, number];
  const placeOf = readCache(attributes);
  for (let n = 0; n < sequences * heads; n++) {
    const sequence = Math.floor(n / heads);
    const held = rowOfCache(attributes, sequence);
    for (let m = 0; m < queries; m++) {
      const place = placeQuery(attributes, position!, sequence, m);
      for (let slot = 0; slot < slots; slot++) {
        const key = keyOf(mask, place, slot);
        let sum = 0;
        for (let d = 0; d < headSize && key >= 0; d++) {
          const query = rows![(sequence * queries + m) * channels + (n % heads) * headSize + d]!;
          sum += query * cache![placeOf(held, n % heads, key, d)]!;
        }
        output[(n * queries + m) * slots + slot] = key >= 0 ? sum / Math.sqrt(headSize) : UNSEEN;
      }
    }
  }
}

function computeValues({ attributes, inputs, inputTypes, output }: ReferenceCall<AttentionAttributes>): void {
  const { sequences, heads, headSize, mask } = attributes;
  const [scores, cache, position] = inputs;
  const [, queries, slots] = inputTypes[0]!.shape as [number, number, number];
  const placeOf = readCache(attributes);
  for (let n = 0; n < sequences * heads; n++) {
    const sequence = Math.floor(n / heads);
    const held = rowOfCache(attributes, sequence);
    for (let m = 0; m < queries; m++) {
      const place = placeQuery(attributes, position!, sequence, m);
      const start = (n * queries + m) * slots;
      const keys = Array.from({ length: slots }, (_, slot) => keyOf(mask, place, slot));
      const row = Array.from(scores!.slice(start, start + slots));
      const top = Math.max(...row);
      const exponentials = row.map((score, slot) => (keys[slot]! >= 0 ? Math.exp(score - top) : 0));
      const total = exponentials.reduce((sum, value) => sum + value, 0);
      for (let d = 0; d < headSize; d++) {
        let sum = 0;
        exponentials.forEach((weight, slot) => {
          const key = keys[slot]!;
          if (key >= 0) sum += weight * cache![placeOf(held, heads + (n % heads), key, d)]!;
        });
        output[((sequence * queries + m) * heads + (n % heads)) * headSize + d] = sum / total;
      }
    }
  }
}
