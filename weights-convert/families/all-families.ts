/** The families of checkpoints that dalle-gl knows. Adding one is its folder and its line here. */
import { clip } from './clip/family.ts';
import { dalleGl } from './dalle-gl/family.ts';
import { dallePytorch } from './dalle-pytorch/family.ts';
import type { Family } from './family.ts';
import { minDalle } from './min-dalle/family.ts';
import { minDalleDetokeniser } from './min-dalle-detokeniser/family.ts';
import { mindalle } from './mindalle/family.ts';
import { openai } from './openai/family.ts';
import { rudalle } from './rudalle/family.ts';
import { rudalleVae } from './rudalle-vae/family.ts';
import { taming } from './taming/family.ts';

/** In the order in which a file is held against them, and in which sentences list them. */
export const FAMILIES: readonly Family[] = [
  openai,
  dalleGl,
  dallePytorch,
  minDalle,
  rudalle,
  mindalle,
  minDalleDetokeniser,
  rudalleVae,
  taming,
  clip,
];
