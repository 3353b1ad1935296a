/**
 * Opens the pictures of this folder and Pillow's pixels for them (make_images.py says how they were made).
 */
import { readFileSync } from 'node:fs';
import type { Picture } from '../../images/picture.ts';

const FOLDER = new URL('./', import.meta.url);

export function readPictureFile(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(name, FOLDER)));
}

/** A binary PPM: `P6`, width and height, 255, then RGB. */
export function readExpected(name: string): Picture {
  const bytes = readFileSync(new URL(`expected/${name}.ppm`, FOLDER));
  const head = /^P6\n(\d+) (\d+)\n255\n/.exec(bytes.subarray(0, 32).toString('latin1'))!;
  return { width: Number(head[1]), height: Number(head[2]), data: new Uint8Array(bytes.subarray(head[0].length)) };
}

/** The size, and the largest difference of any byte; 0 means equal. */
export function comparePictures(a: Picture, b: Picture): { sizes: string; difference: number } {
  let difference = 0;
  for (let i = 0; i < b.data.length; i++) difference = Math.max(difference, Math.abs(a.data[i]! - b.data[i]!));
  return { sizes: `${a.width}x${a.height} ${b.width}x${b.height}`, difference };
}

/** What `comparePictures` gives for pictures equal to `picture`. */
export function equalTo(picture: Picture): { sizes: string; difference: number } {
  const size = `${picture.width}x${picture.height}`;
  return { sizes: `${size} ${size}`, difference: 0 };
}
