import type { Picture } from '../../images/picture.ts';

export interface Sprite {
  readonly side: number;
  readonly rgba: Float32Array;
}

export type Sprites = (thing: string, colour: string, size: string) => Sprite;

export declare const sheetFile: string;
export declare function readSprites(sheet: Picture): Sprites;
