/** Memory of the CPU device: parts never overlap, free parts are used again, and what cannot be had is refused. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ALIGNMENT, Arena } from './arena.ts';

const orders = fc.array(
  fc.record({ bytes: fc.integer({ min: 0, max: 1000 }), freed: fc.option(fc.nat(20), { nil: undefined }) }),
  { maxLength: 60 },
);

describe('an arena', () => {
  test('gives aligned parts that never overlap, and is empty when all is given back', () => {
    fc.assert(
      fc.property(orders, (given) => {
        const arena = new Arena(128);
        const live: { address: number; bytes: number }[] = [];
        for (const { bytes, freed } of given) {
          if (freed !== undefined && live.length > 0) arena.free(live.splice(freed % live.length, 1)[0]!.address);
          const address = arena.allocate(bytes);
          expect(address % ALIGNMENT).toBe(0);
          expect(address).toBeGreaterThanOrEqual(128);
          for (const other of live) {
            expect(address >= other.address + other.bytes || address + bytes <= other.address).toBe(true);
          }
          live.push({ address, bytes });
        }
        live.forEach(({ address }) => arena.free(address));
        expect(arena.used).toBe(0);
        expect(arena.allocate(1)).toBe(128);
      }),
      { seed: 20261130 },
    );
  });

  test('joins what is free again, so that a large part fits where small ones lay', () => {
    const arena = new Arena(0);
    const parts = [0, 1, 2, 3].map(() => arena.allocate(64));
    const { peak } = arena;
    [parts[1], parts[3], parts[2], parts[0]].forEach((part) => arena.free(part!));
    arena.allocate(4 * 64 + 3 * ALIGNMENT);
    expect(arena.peak).toBe(peak);
  });

  test('refuses what it has not, with the bytes that were wanted', () => {
    const arena = new Arena(0, 1024);
    arena.allocate(500);
    expect(() => arena.allocate(600)).toThrow(expect.objectContaining({ code: 'E_MEMORY' }));
    expect(() => arena.allocate(600)).toThrow(/600 bytes are wanted beside 576/);
    expect(() => arena.free(3)).toThrow(/nothing was given/);
  });
});
