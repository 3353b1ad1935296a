/** Half precision, exhaustively: all 65,536 halves, and floats on and around every rounding boundary. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bfloat16ToFloatBits, floatBitsToHalf, halfToFloatBits } from './half.ts';

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

function bitsOf(value: number): number {
  float[0] = value;
  return bits[0]!;
}

/** The value of a finite half by the definition: (-1)^s · fraction · 2^exponent. */
function halfValue(half: number): number {
  const exponent = (half >>> 10) & 0x1f;
  const fraction = (half & 0x3ff) / 1024;
  const magnitude = exponent === 0 ? fraction * 2 ** -14 : (1 + fraction) * 2 ** (exponent - 15);
  return half & 0x8000 ? -magnitude : magnitude;
}

test('every half widens to the bits NumPy gives, NaN payloads included', () => {
  const widened = Uint32Array.from({ length: 65536 }, (_, half) => halfToFloatBits(half));
  const digest = createHash('sha256').update(new Uint8Array(widened.buffer)).digest('hex');
  const expected = JSON.parse(
    readFileSync(new URL('../weights-convert/corpus/half.json', import.meta.url), 'utf8'),
  ) as Record<string, string>;
  expect(digest).toBe(expected['sha256 of all halves as float32']);
});

test('every half comes back from its float; NaNs stay NaNs of the same sign', () => {
  for (let half = 0; half < 65536; half++) {
    const back = floatBitsToHalf(halfToFloatBits(half));
    const isNan = (half & 0x7fff) > 0x7c00;
    if (back !== (isNan ? half | 0x200 : half)) expect.unreachable(`half ${half} came back as ${back}`);
  }
});

test('floats round to the nearest half, ties to even', () => {
  for (let half = 0; half < 0x7bff; half++) {
    const low = halfValue(half);
    const high = halfValue(half + 1);
    const middle = (low + high) / 2;
    const even = half % 2 === 0 ? half : half + 1;
    const middleBits = bitsOf(middle);
    for (const sign of [0, 0x8000]) {
      const round = (value: number): number => floatBitsToHalf((value | (sign << 16)) >>> 0);
      if (round(middleBits) !== (sign | even)) expect.unreachable(`the tie above half ${half}`);
      if (round(middleBits - 1) !== (sign | half)) expect.unreachable(`just below the tie above half ${half}`);
      if (round(middleBits + 1) !== (sign | (half + 1))) expect.unreachable(`just above the tie above half ${half}`);
    }
  }
});

test('what is too large becomes infinity, what is too small zero', () => {
  expect(floatBitsToHalf(bitsOf(65504))).toBe(0x7bff);
  expect(floatBitsToHalf(bitsOf(65520) - 1)).toBe(0x7bff);
  expect(floatBitsToHalf(bitsOf(65520))).toBe(0x7c00);
  expect(floatBitsToHalf(bitsOf(-Infinity))).toBe(0xfc00);
  expect(floatBitsToHalf(bitsOf(2 ** -25))).toBe(0);
  expect(floatBitsToHalf(bitsOf(2 ** -25) + 1)).toBe(1);
  expect(floatBitsToHalf(bitsOf(-1e-45))).toBe(0x8000);
});

test('bfloat16 is the upper half of a float', () => {
  expect(bfloat16ToFloatBits(0x3fc0)).toBe(bitsOf(1.5));
  expect(bfloat16ToFloatBits(0xff81)).toBe(0xff810000);
});
