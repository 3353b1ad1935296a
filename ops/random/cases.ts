/** Calls of uniform: of maps, rows and vectors, with large seeds and numbers of samples. */
import { tensor } from '../../engine/index.ts';
import type { Tensor } from '../../engine/index.ts';
import type { OpCases } from '../../test/helpers/op-case.ts';
import { uniform } from '../index.ts';

/** Seed 0xfedc9876, step 70,001. */
const stream = tensor([0x9876, 0xfedc, 70_001 & 0xffff, 1], [4], 'i32');
const samples = (...numbers: number[]): Tensor => tensor(numbers, [numbers.length], 'i32');

export const cases: OpCases = {
  uniform: [
    { title: 'of maps', result: uniform(stream, samples(3, 0, 16_777_215), { use: 0, shape: [13, 5, 7] }) },
    { title: 'of rows', result: uniform(stream, samples(3, 4), { use: 7, shape: [9, 13] }) },
    { title: 'of vectors', result: uniform(stream, samples(3, 4, 6), { use: 2 ** 32 - 1, shape: [5] }) },
  ],
};
