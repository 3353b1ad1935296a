import type { Picture } from '../../images/picture.ts';
import type { Sprites } from './sprites.mjs';
import type { Thing } from './world.mjs';

export interface ReadScene {
  readonly background: string;
  readonly things: readonly Thing[];
}

export declare function createReader(sprites: Sprites): (picture: Picture) => ReadScene;
