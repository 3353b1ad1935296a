/**
 * tokenShift: part of each row comes from its neighbours, as in DALLE-pytorch. Of a text position the first half of the
 * channels is that of the position before; of an image position the first quarter is that of the one above it, the
 * second that of the one to its left; zeros where there is none. An image never looks into the text.
 *
 * The rows are read from a cache of one vector of D a position (ops/cache), this position's too, so that a step of
 * decoding and a whole sequence are the same. M positions of S sequences from `position` on → [S·M, D]. Halves and
 * quarters are rounded up, as torch's `chunk` does.
 */
import { checkCounts } from '../arguments.ts';
import { checkNumber } from '../../base/check-argument.ts';
import { ShapeError } from '../../base/errors.ts';
import { apply, formatShape, sameShape } from '../../engine/index.ts';
import type { Op, ReferenceCall, Tensor, TensorType } from '../../engine/index.ts';
import { cacheShape } from '../cache/cache.ts';
import type { CacheForm } from '../cache/attributes.ts';
import type { TokenShiftAttributes } from './attributes.ts';
import { tokenShiftCpu } from './cpu/token-shift.ts';
import { tokenShiftGl } from './gl/token-shift.ts';

/** The cache that tokenShift reads. */
export function rowsForm({ batch, length, size }: Pick<CacheForm, 'batch' | 'length' | 'size'>): CacheForm {
  return { batch, length, first: 0, groups: 1, size };
}

export const tokenShiftOp: Op<TokenShiftAttributes> = {
  name: 'token_shift',
  operands: ['cache', 'position'],
  infer: inferTokenShift,
  reference: computeTokenShift,
  describe: ({ text, columns }) => `${text} text positions, ${columns} columns`,
  kernels: { webgl: tokenShiftGl, cpu: tokenShiftCpu },
};

/**
 * A cache of `rowsForm` and position i32 [1] → [S·M, D].
 * @throws ShapeError `E_SHAPE`, `E_DTYPE`
 */
export function tokenShift(cache: Tensor, position: Tensor, attributes: TokenShiftAttributes): Tensor {
  checkCounts('tokenShift', attributes, ['sequences', 'count', 'batch', 'length', 'size']);
  checkNumber('tokenShift', 'text', attributes.text);
  return apply(tokenShiftOp, [cache, position], attributes);
}

function inferTokenShift([cache, position]: readonly TensorType[], attributes: TokenShiftAttributes): TensorType {
  const { sequences, count, batch, size } = attributes;
  if (position!.dtype !== 'i32') {
    throw new ShapeError('E_DTYPE', `tokenShift: position must be i32, got ${position!.dtype}.`);
  }
  const wanted = cacheShape(rowsForm(attributes));
  const fits = sameShape(cache!.shape, wanted) && sameShape(position!.shape, [1]) && batch % sequences === 0;
  if (fits) return { shape: [sequences * count, size], dtype: 'f32' };
  throw new ShapeError(
    'E_SHAPE',
    `tokenShift: wanted a cache ${formatShape(wanted)} whose batch is a multiple of ${sequences} sequences, and position ` +
      `[1], got ${formatShape(cache!.shape)}, ${formatShape(position!.shape)}.`,
  );
}

/** The position that a channel comes from; -1 for none. */
function sourceOf({ size, text, columns }: TokenShiftAttributes, place: number, channel: number): number {
  const [half, quarter] = [Math.ceil(size / 2), Math.ceil(size / 4)];
  const image = place - text;
  if (image < 0) return channel < half ? place - 1 : place;
  if (channel < quarter) return image < columns ? -1 : place - columns;
  if (channel < 2 * quarter) return image % columns === 0 ? -1 : place - 1;
  return place;
}

/** Where in the cache, row-major, the number of a row and channel comes from; undefined for none. */
export function placeOfSource(
  attributes: TokenShiftAttributes,
  position: number,
  row: number,
  channel: number,
): number | undefined {
  const { sequences, count, batch, length, size } = attributes;
  const source = sourceOf(attributes, position + (row % count), channel);
  if (source < 0) return undefined;
  const texels = Math.ceil(size / 4);
  const column = ((Math.floor(row / count) * batch) / sequences) * texels + Math.floor(channel / 4);
  return ((channel % 4) * length + source) * batch * texels + column;
}

function computeTokenShift({ inputs, output, attributes }: ReferenceCall<TokenShiftAttributes>): void {
  const [cache, position] = inputs;
  const { size } = attributes;
  for (let at = 0; at < output.length; at++) {
    const source = placeOfSource(attributes, position![0]!, Math.floor(at / size), at % size);
    output[at] = source === undefined ? 0 : cache![source]!;
  }
}
