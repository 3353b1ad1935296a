/** Angles of rotary positions, against those that DALLE-pytorch computes and saves: bit for bit. */
import { expect, test } from 'vitest';
import { ANGLE_ROWS, findCase, loadAngles } from '../../test/helpers/transformer-golden.ts';
import { listAngles, tabulateTurns } from './rotary-turns.ts';

const small = findCase('dalle-pytorch-new').architecture;

test('angles of a head of 64 over 257 text and 32 × 32 image positions', () => {
  const angles = listAngles({ ...small, head_size: 64, text_length: 256, grid: [32, 32] });
  expect(angles.length).toBe(1281 * 30);
  const rows = ANGLE_ROWS.flatMap((row) => [...angles.subarray(row * 30, (row + 1) * 30)]);
  expect(rows).toEqual(Array.from(loadAngles()));
});

test('pairs beyond the angles stay as they are', () => {
  const turns = tabulateTurns(small); // heads of 16: 3 groups of 2 pairs turn, and 2 pairs do not
  expect(turns.length).toBe(22 * 16);
  for (let position = 0; position < 22; position++) {
    expect([...turns.subarray(position * 16 + 12, position * 16 + 16)]).toEqual([1, 0, 1, 0]);
  }
  expect([...turns.subarray(0, 4)]).toEqual([1, 0, 1, 0]); // the first place of a text turns by nothing
});

test('heads too small for a pair each do not turn at all', () => {
  expect(listAngles({ ...small, head_size: 4 }).length).toBe(0);
  expect(new Set(tabulateTurns({ ...small, head_size: 4 }))).toEqual(new Set([1, 0]));
});
