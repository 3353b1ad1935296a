import type { Scene, Split } from './world.mjs';

export interface Example {
  readonly scene: Scene;
  readonly captions: readonly string[];
}

export declare function makeExample(
  uniformAt: (seed: number, index: number) => number,
  which: { readonly seed: number; readonly split?: Split; readonly index: number; readonly captions?: number },
): Example;
