/**
 * Small data sets that tests draw themselves: a coloured square in a corner of a white or black picture, and a caption
 * that says so. As files in memory, and as a folder on disk.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { encodePng } from '../../images/node/png.ts';
import { createPicture, pastePicture, type Picture } from '../../images/picture.ts';
import type { DataFile } from '../../train/data/data-file.ts';
import { sourceFromBytes } from '../../weights-convert/byte-source.ts';

const colours = { red: [220, 40, 30], green: [40, 170, 60], blue: [30, 70, 210], yellow: [240, 210, 40] } as const;
const corners = ['top left', 'top right', 'bottom left', 'bottom right'] as const;

/** One of the 32 pictures there are, and what it shows. */
export function drawSquare(number: number, size: number): { readonly picture: Picture; readonly caption: string } {
  const [name, colour] = Object.entries(colours)[number % 4]!;
  const corner = Math.floor(number / 4) % 4;
  const ground = Math.floor(number / 16) % 2 === 0 ? 'white' : 'black';
  const picture = createPicture(size, size, ground === 'white' ? [255, 255, 255] : [0, 0, 0]);
  const side = Math.max(1, Math.floor(size / 2));
  const square = createPicture(side, side, colour);
  pastePicture(picture, square, (corner % 2) * (size - side), Math.floor(corner / 2) * (size - side));
  return { picture, caption: `a ${name} square ${corners[corner]!} on ${ground}` };
}

/** Name → bytes or text. */
export type Contents = Readonly<Record<string, Uint8Array | string>>;

/** `count` pictures with a `.txt` beside each, or with one captions.jsonl for all. */
export function makeSquares(count: number, size: number, form: 'txt' | 'jsonl' = 'txt'): Contents {
  const contents: Record<string, Uint8Array | string> = {};
  const lines: string[] = [];
  for (let number = 0; number < count; number++) {
    const { picture, caption } = drawSquare(number, size);
    const stem = `squares/${String(number).padStart(4, '0')}`;
    contents[`${stem}.png`] = encodePng(picture);
    if (form === 'txt') contents[`${stem}.txt`] = `${caption}\n`;
    else lines.push(JSON.stringify({ file: `${stem}.png`, caption }));
  }
  return form === 'txt' ? contents : { ...contents, 'captions.jsonl': lines.join('\n') };
}

/** Files in memory. */
export function makeFiles(contents: Contents): DataFile[] {
  return Object.entries(contents).map(([path, content]) => {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    return { path, size: bytes.length, open: async () => sourceFromBytes(bytes, path) };
  });
}

/** The same on disk, under `folder`. */
export function writeFiles(folder: string, contents: Contents): string {
  for (const [path, content] of Object.entries(contents)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}
