/**
 * Gradients of what sequences are looked up in and kept in: tables, positions and caches. Whole numbers get none.
 */
import { gradientOf, tensor as constantOf } from '../../engine/index.ts';
import type { GradientEntry, Tensor } from '../../engine/index.ts';
import type { CacheAttributes } from '../cache/attributes.ts';
import { layRowsOp } from '../cache/cache.ts';
import { concat } from '../concat/concat.ts';
import { add, mul, sub } from '../elementwise/binary.ts';
import { embedByTable } from '../embedding/embed-by-table.ts';
import { embedOp } from '../embedding/embedding.ts';
import { gatherOp } from '../gather/gather.ts';
import { pad } from '../pad/pad.ts';
import { sum } from '../reduce/reduce.ts';
import { reshape } from '../reshape/reshape.ts';
import { rotary, rotaryOp } from '../rotary/rotary.ts';
import type { RotaryAttributes } from '../rotary/attributes.ts';
import { slice } from '../slice/slice.ts';
import { tokenShiftOp } from '../token-shift/token-shift.ts';
import { tokenShiftByCache } from '../token-shift/token-shift-by-cache.ts';
import { transpose } from '../transpose/transpose.ts';

export const sequenceGradients: readonly GradientEntry[] = [
  gradientOf(embedOp, ({ tensor, cotangent, wants }) => {
    const [tokens, table, positions, start] = tensor.inputs as [Tensor, Tensor, Tensor, Tensor];
    const [sequences, count] = tokens.shape as [number, number];
    const ids = reshape(tokens, [sequences * count]);
    return [
      undefined,
      wants(1) ? embedByTable(cotangent, ids, { rows: table.shape[0]!, count: 0 }) : undefined,
      wants(2) ? embedByTable(cotangent, start, { rows: positions.shape[0]!, count }) : undefined,
    ];
  }),
  gradientOf(gatherOp, ({ tensor, cotangent }) => {
    const [table, indices] = tensor.inputs as [Tensor, Tensor];
    const [rows, width] = table.shape as [number, number];
    const axes = cotangent.shape.map((_, axis) => axis).filter((axis) => axis !== tensor.attributes.axis);
    const last = transpose(cotangent, [...axes, tensor.attributes.axis]);
    const length = indices.shape.reduce((product, size) => product * size, 1);
    return [embedByTable(reshape(last, [length, width]), reshape(indices, [length]), { rows, count: 0 })];
  }),
  gradientOf(rotaryOp, ({ tensor, cotangent, wants }) => {
    const [x, turns, position] = tensor.inputs as [Tensor, Tensor, Tensor];
    return [
      wants(0) ? rotary(cotangent, mul(turns, turnBack(turns.shape[1]!)), position, tensor.attributes) : undefined,
      wants(1) ? passToTurns(cotangent, x, turns, position, tensor.attributes) : undefined,
    ];
  }),
  gradientOf(layRowsOp, ({ tensor, cotangent }) => {
    const [channels] = tensor.inputs[0]!.shape.slice(1) as [number];
    return [readRows(cotangent, channels, tensor.attributes)];
  }),
  gradientOf(tokenShiftOp, ({ tensor, cotangent }) => [
    tokenShiftByCache(cotangent, tensor.inputs[1]!, tensor.attributes),
  ]),
];

/** 1 for each cosine and −1 for each sine. */
function turnBack(size: number): Tensor {
  return constantOf(
    Float32Array.from({ length: size }, (_, c) => 1 - 2 * (c % 2)),
    [size],
  );
}

/** Of the cosine and the sine of each pair, summed over the vectors that turn by it: [T, D]. */
function passToTurns(
  cotangent: Tensor,
  x: Tensor,
  turns: Tensor,
  position: Tensor,
  { sequences, vectors }: RotaryAttributes,
): Tensor {
  const [rows, [length, size]] = [x.shape[0]!, turns.shape as [number, number]];
  const [evenX, oddX] = splitPairs(x, vectors * size);
  const [even, odd] = splitPairs(cotangent, vectors * size);
  const cosines = add(mul(even!, evenX!), mul(odd!, oddX!)); // [R · vectors · D / 2, 1]
  const sines = sub(mul(odd!, evenX!), mul(even!, oddX!));
  const pairs = reshape(concat([cosines, sines], 1), [rows, vectors, size]);
  return embedByTable(sum(pairs, [1]), position, { rows: length, count: rows / sequences });
}

/** The even and the odd of the first channels of rows, each [R · channels / 2, 1]. */
function splitPairs(x: Tensor, channels: number): readonly Tensor[] {
  const [rows] = x.shape as [number, number];
  const pairs = reshape(slice(x, [0, 0], [rows, channels]), [(rows * channels) / 2, 2]);
  return [0, 1].map((odd) => slice(pairs, [0, odd], [(rows * channels) / 2, 1]));
}

/** What a cache [1, 4, T, B · groups · ⌈D / 4⌉] holds, as rows [B′ · T, C] again: what several share is added up. */
function readRows(cache: Tensor, channels: number, form: CacheAttributes): Tensor {
  const { batch, length, first, groups, size, sequences } = form;
  const texels = Math.ceil(size / 4);
  const planes = reshape(cache, [4, length, batch, groups * texels]);
  const whole = reshape(transpose(planes, [2, 1, 3, 0]), [batch * length, groups, 4 * texels]);
  const vectors = slice(whole, [0, 0, 0], [batch * length, groups, size]);
  const copies = reshape(vectors, [sequences, batch / sequences, length * groups * size]);
  const rows = reshape(sum(copies, [1]), [sequences * length, groups * size]);
  return pad(rows, [0, first], [0, channels - first - groups * size]);
}
