import type { Picture } from '../../images/picture.ts';
import type { Sprites } from './sprites.mjs';
import type { Scene } from './world.mjs';

export declare function drawScene(scene: Scene, sprites: Sprites): Picture;
