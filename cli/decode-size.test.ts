/** `decode` of more tokens than a picture has, or in a longer row: refused before model and device are opened. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCaptured } from '../test/helpers/captured-terminal.ts';
import { makeWorkplace, type Workplace } from '../test/helpers/workplace.ts';
import { writeNpy } from '../weights-convert/numpy/npy.ts';

let place: Workplace;

beforeAll(() => {
  place = makeWorkplace();
});
afterAll(() => place.remove());

test.each<[string, readonly number[], string]>([
  ['a row longer than any picture', [1, 8192], '65536 × 8'],
  ['a column of half a million', [500_000, 1], '8 × 4000000'],
  ['many grids of a token', [1_000_001, 1, 1], 'at most 64 are drawn'],
  ['a grid over 64 megapixels', [1001, 1000], 'at most 64 are drawn'],
])('%s', async (_, shape, says) => {
  const data = new Uint8Array(shape.reduce((product, size) => product * size, 1));
  const tokens = place.write('tokens.npy', writeNpy({ dtype: 'uint8', shape, data }));
  const { exitCode, stderr } = await runCaptured([
    'decode',
    tokens,
    '-o',
    place.path('x.png'),
    '-m',
    place.path('none'),
  ]);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('(E_IMAGE_TOO_LARGE)') });
  expect(stderr).toContain(says);
});
