import type { Scene } from './world.mjs';

export declare const MOST_WORDS: number;
export declare function describePlainly(scene: Scene): string;
export declare function countWords(caption: string): number;
