/**
 * Rows of vectors where attention and token shift look them up: a cache has a row of texels for each position, so that
 * a step of decoding draws one row and leaves the rest. It is a State where it lives from run to run (appendRows), and
 * a passing tensor where a whole sequence is computed at once (layRows).
 *
 * A row of x holds `groups` vectors of `size` numbers from channel `first` on; each gets ⌈size / 4⌉ texels of its own,
 * so heads of any size begin at a texel. Rows of x are M positions of each of B′ sequences: [B′·M, C]. The cache holds
 * B sequences, a multiple of B′: [1, 4, T, B · groups · ⌈size / 4⌉], and B / B′ in a row share what they are given.
 */
import { checkCounts } from '../arguments.ts';
import { checkNumber, argumentError } from '../../base/check-argument.ts';
import { ShapeError } from '../../base/errors.ts';
import { State, apply, formatShape } from '../../engine/index.ts';
import type { Op, ReferenceCall, Shape, Tensor, TensorType } from '../../engine/index.ts';
import type { CacheForm, CacheAttributes } from './attributes.ts';
import { appendRowsCpu, layRowsCpu } from './cpu/cache.ts';
import { appendRowsGl, layRowsGl } from './gl/cache.ts';

export function cacheShape({ batch, length, groups, size }: CacheForm): Shape {
  return [1, 4, length, batch * groups * Math.ceil(size / 4)];
}

function checkForm(where: string, form: CacheForm): void {
  checkCounts(where, form, ['batch', 'length', 'groups', 'size']);
  checkNumber(where, 'first', form.first);
}

/** A cache that lives from run to run. */
export function createCache(label: string, form: CacheForm): State {
  checkForm('createCache', form);
  return new State(label, { shape: cacheShape(form), dtype: 'f32' });
}

/**
 * The cache with M rows of each sequence drawn at `position` (i32 [1], an input of the run) and after.
 * @throws ShapeError `E_SHAPE`, `E_DTYPE`; when run, `E_INPUT` for a position that leaves no room
 */
export function appendRows(cache: State, x: Tensor, position: Tensor, attributes: CacheAttributes): Tensor {
  if (!(cache instanceof State)) throw argumentError('appendRows', 'a State, as createCache makes', cache);
  checkForm('appendRows', attributes);
  checkCounts('appendRows', attributes, ['sequences']);
  return apply(appendRowsOp, [cache.tensor, x, position], attributes);
}

/** All T rows of every sequence of x [B′·T, C] as a cache. Throws ShapeError `E_SHAPE`. */
export function layRows(x: Tensor, attributes: CacheAttributes): Tensor {
  checkForm('layRows', attributes);
  checkCounts('layRows', attributes, ['sequences']);
  return apply(layRowsOp, [x], attributes);
}

export const appendRowsOp: Op<CacheAttributes> = {
  name: 'append_rows',
  operands: ['x', 'position'],
  infer([state, x, position], attributes) {
    checkRows(x!, attributes);
    if (position!.dtype !== 'i32' || position!.shape.length !== 1 || position!.shape[0] !== 1) {
      throw new ShapeError(
        'E_SHAPE',
        `append_rows: position must be i32 [1], got ${position!.dtype} ${formatShape(position!.shape)}.`,
      );
    }
    return state!;
  },
  redraws([, , position], [, x], attributes) {
    const count = x!.shape[0]! / attributes.sequences;
    const first = position?.[0];
    if (first !== undefined && Number.isInteger(first) && first >= 0 && first + count <= attributes.length) {
      return { first, count };
    }
    throw new ShapeError(
      'E_INPUT',
      `append_rows: ${count} rows at position ${first} do not fit a cache of ${attributes.length}. The position must be ` +
        'an input of the run, and the sequence must not be longer than it was planned for.',
    );
  },
  reference({ inputs, inputTypes, output, attributes }) {
    output.set(inputs[0]!);
    copyRows(inputs[1]!, inputTypes[1]!.shape, inputs[2]![0]!, output, attributes);
  },
  describe: describeCache,
  kernels: { webgl: appendRowsGl, cpu: appendRowsCpu },
};

export const layRowsOp: Op<CacheAttributes> = {
  name: 'lay_rows',
  operands: ['x'],
  infer([x], attributes) {
    checkRows(x!, attributes);
    if (x!.shape[0] !== attributes.sequences * attributes.length) {
      throw new ShapeError(
        'E_SHAPE',
        `lay_rows: x must hold all ${attributes.length} rows of ${attributes.sequences} sequences, got ${formatShape(x!.shape)}.`,
      );
    }
    return { shape: cacheShape(attributes), dtype: 'f32' };
  },
  reference({ inputs, inputTypes, output, attributes }) {
    copyRows(inputs[0]!, inputTypes[0]!.shape, 0, output, attributes);
  },
  describe: describeCache,
  kernels: { webgl: layRowsGl, cpu: layRowsCpu },
};

function describeCache({ batch, groups, size }: CacheAttributes): string {
  return `${batch} × ${groups} vectors of ${size}`;
}

function checkRows({ shape }: TensorType, { batch, sequences, first, groups, size }: CacheAttributes): void {
  const [rows = 0, channels = 0] = shape;
  const fits = shape.length === 2 && rows % sequences === 0 && batch % sequences === 0;
  if (fits && first + groups * size <= channels) return;
  throw new ShapeError(
    'E_SHAPE',
    `cache: x must be [B′·M, C] with B′ = ${sequences} dividing the ${batch} sequences of the cache and C at least ` +
      `${first + groups * size}, got ${formatShape(shape)}.`,
  );
}

type Numbers = ReferenceCall['output'];

/** Rows of x [B′·M, C] into a cache, from `position` on: what the reference of an append does. */
export function copyRows(
  x: Numbers,
  [rows = 0, channels = 0]: Shape,
  position: number,
  cache: Numbers,
  form: CacheAttributes,
): void {
  const { batch, length, first, groups, size, sequences } = form;
  const count = rows / sequences;
  const texels = Math.ceil(size / 4);
  const width = batch * groups * texels;
  for (let b = 0; b < batch; b++) {
    const source = Math.floor((b * sequences) / batch) * count;
    for (let m = 0; m < count; m++) {
      for (let group = 0; group < groups; group++) {
        for (let d = 0; d < 4 * texels; d++) {
          const column = (b * groups + group) * texels + Math.floor(d / 4);
          const from = (source + m) * channels + first + group * size + d;
          cache[((d % 4) * length + position + m) * width + column] = d < size ? x[from]! : 0;
        }
      }
    }
  }
}
