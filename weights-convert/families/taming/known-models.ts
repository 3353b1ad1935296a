/** Published VQGANs of taming-transformers' (3ba01b2). */
import type { KnownFile, KnownModel } from '../../known-models/known-model.ts';

/** VQGANs lie in folders of Heidelberg's, each with the checkpoint under the same path. */
const vqganFile = (folder: string, about: number): KnownFile => ({
  url: `https://heibox.uni-heidelberg.de/d/${folder}/files/?p=%2Fckpts%2Flast.ckpt&dl=1`,
  about,
});

const vqgan = (name: string, what: string, file: KnownFile, parameters: number): KnownModel => ({
  name,
  what: `a VQGAN of taming-transformers', ${what}: pictures to tokens and back`,
  licence: 'MIT',
  families: ['taming'],
  files: [file],
  numbers: { halves: 0, floats: parameters },
});

export const TAMING_MODELS: readonly KnownModel[] = [
  vqgan('vqgan-imagenet-f16-1024', 'f = 16, 1024 codes', vqganFile('8088892a516d4e3baf92', 958_000_000), 72_141_699),
  vqgan('vqgan-imagenet-f16-16384', 'f = 16, 16384 codes', vqganFile('a7530b09fed84f80a887', 980_000_000), 76_073_859),
  vqgan('vqgan-gumbel-f8', 'f = 8, 8192 codes, Gumbel', vqganFile('2e5662443a6b4307b470', 376_000_000), 68_995_971),
];
