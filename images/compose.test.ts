/** Where the pictures of a grid land, what lies between them, and how far apart two pictures are. */
import { describe, expect, it } from 'vitest';
import { composeGrid, composeSideBySide } from './compose.ts';
import { createPicture } from './picture.ts';
import { psnr } from './psnr.ts';

const red = createPicture(2, 1, [255, 0, 0]);
const blue = createPicture(1, 1, [0, 0, 255]);

/** One letter a pixel: r, b, or . for white. */
function draw(picture: { width: number; height: number; data: Uint8Array }): string[] {
  const letter = (i: number): string =>
    ({ '255,0,0': 'r', '0,0,255': 'b' })[picture.data.slice(i, i + 3).join()] ?? '.';
  return Array.from({ length: picture.height }, (_, y) => {
    return Array.from({ length: picture.width }, (_, x) => letter((y * picture.width + x) * 3)).join('');
  });
}

describe('compositions', () => {
  it('stand side by side with a gap', () => {
    expect(draw(composeSideBySide([red, blue], 1))).toEqual(['rr.b.']);
  });

  it('fill a grid row by row, as square as can be', () => {
    expect(draw(composeGrid([red, blue, red]))).toEqual(['rrb.', 'rr..']);
    expect(draw(composeGrid([blue, blue, blue], { columns: 1, gap: 1 }))).toEqual(['b', '.', 'b', '.', 'b']);
  });

  it('need a picture', () => {
    expect(() => composeGrid([])).toThrow(expect.objectContaining({ code: 'E_SHAPE' }));
    expect(() => composeSideBySide([])).toThrow(expect.objectContaining({ code: 'E_SHAPE' }));
  });
});

describe('psnr', () => {
  it('is infinite for equals, 0 dB for opposites, 48.13 dB for one level everywhere', () => {
    const grey = (level: number) => createPicture(3, 2, [level, level, level]);
    expect(psnr(grey(9), grey(9))).toBe(Infinity);
    expect(psnr(grey(0), grey(255))).toBe(0);
    expect(psnr(grey(9), grey(10))).toBeCloseTo(48.1308, 4);
  });

  it('refuses different sizes', () => {
    expect(() => psnr(red, blue)).toThrow(expect.objectContaining({ code: 'E_SHAPE' }));
  });
});
