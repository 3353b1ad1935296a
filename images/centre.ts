/** The middle of a picture, as torchvision's `CenterCrop` finds it. */
import type { Box } from './picture.ts';

/** A box of that size in the middle of a picture: its corner is rounded half to even. */
export function centreBox(fromWidth: number, fromHeight: number, width: number, height: number): Box {
  const left = roundHalfToEven((fromWidth - width) / 2);
  const top = roundHalfToEven((fromHeight - height) / 2);
  return { left, top, width, height };
}

/** Python's `round` for numbers that are not negative. */
export function roundHalfToEven(x: number): number {
  const rounded = Math.round(x);
  return rounded - x === 0.5 && rounded % 2 === 1 ? rounded - 1 : rounded;
}
