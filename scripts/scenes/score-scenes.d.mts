import type { ReadScene } from './read-scene.mjs';
import type { Scene } from './world.mjs';

export interface Score {
  readonly pictures: number;
  readonly things: number;
  readonly background: number;
  readonly count: number;
  readonly place: number;
  readonly thing: number;
  readonly colour: number;
  readonly size: number;
  readonly whole: number;
}

export declare function scoreScenes(pairs: readonly { readonly scene: Scene; readonly read: ReadScene }[]): Score;
