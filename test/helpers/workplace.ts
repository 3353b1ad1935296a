/**
 * A temporary folder with what tests of the command line need in it: a small model converted from PyTorch's pickles,
 * and a picture. Paths inside are relative to it by `path`.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPicture } from '../../images/picture.ts';
import { encodePng, type Picture } from '../../node.ts';
import { convertToModelFolder } from '../../weights-convert/node/convert.ts';
import { loadNetGolden } from './golden.ts';

export interface Workplace {
  readonly folder: string;
  path(...names: string[]): string;
  write(name: string, bytes: Uint8Array | string): string;
  /** Everything in it, temporary files too, sorted. */
  list(): string[];
  remove(): void;
}

export function makeWorkplace(): Workplace {
  const folder = mkdtempSync(join(tmpdir(), 'dalle-gl-test-'));
  const path = (...names: string[]): string => join(folder, ...names);
  return {
    folder,
    path,
    write(name, bytes) {
      writeFileSync(path(name), bytes);
      return path(name);
    },
    list: () => readdirSync(folder, { recursive: true }).map(String).sort(),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** The pickles of the smallest golden net: `n_hid` 8, 16 codes. */
export function smallCheckpoints(): { readonly encoder: string; readonly decoder: string } {
  const golden = loadNetGolden('hidden-8');
  const { encoder, decoder } = golden.record.checkpoints[0]!;
  return { encoder: golden.path(encoder), decoder: golden.path(decoder) };
}

/** Converts some of them to a model folder. */
export async function makeSmallModel(out: string, parts: readonly ('encoder' | 'decoder')[]): Promise<string> {
  const checkpoints = smallCheckpoints();
  await convertToModelFolder({ sources: parts.map((part) => checkpoints[part]), out });
  return out;
}

/** A PNG with a ramp of colours. */
export function makePng(width: number, height: number): Uint8Array {
  const picture: Picture = createPicture(width, height);
  picture.data.forEach((_, i) => (picture.data[i] = (i * 7) % 256));
  return encodePng(picture);
}
