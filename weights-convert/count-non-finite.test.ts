/** Numbers that are none, counted while weights pass by as floats or as the bits of halves. */
import { expect, test } from 'vitest';
import { NonFiniteCounter } from './count-non-finite.ts';

test('halves are counted by their bits, whichever way they are read', async () => {
  const pieces = async function* (): AsyncGenerator<Uint16Array> {
    yield Uint16Array.of(0x7c00, 0x3c00, 0xfc00, 0x7c01);
    yield Uint16Array.of(0xffff, 0x7bff);
  };
  const counter = new NonFiniteCounter();
  const tensor = { shape: [6], dtype: 'F16', read: async () => new Float32Array(6), readHalves: pieces } as const;
  const watched = counter.watch(new Map([['w', tensor]])).get('w')!;
  let length = 0;
  for await (const piece of watched.readHalves!()) length += piece.length;
  expect(length).toBe(6);
  expect(counter.found).toEqual([{ tensor: 'w', nan: 2, infinite: 2, elements: 6 }]);
});
