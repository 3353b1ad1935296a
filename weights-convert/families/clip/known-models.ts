/** OpenAI's own archives of CLIP and the vocabulary of all of them, as its package names them (d05afc4). */
import type { KnownFile, KnownModel } from '../../known-models/known-model.ts';

const CLIP = 'https://openaipublic.azureedge.net/clip/models';

/** It lies in OpenAI's repository; its length and hash are those it has there. */
const CLIP_WORDS: KnownFile = {
  url: 'https://github.com/openai/CLIP/raw/main/clip/bpe_simple_vocab_16e6.txt.gz',
  bytes: 1_356_917,
  sha256: '924691ac288e54409236115652ad4aa250f48203de50a9e4722a6ecd48d6804a',
};

const clipModel = (
  name: string,
  file: string,
  sha256: string,
  about: number,
  numbers: KnownModel['numbers'],
): KnownModel => ({
  name,
  what: `OpenAI's CLIP ${file.replace('.pt', '')}: tells how well pictures fit a text`,
  language: 'English',
  licence: 'MIT, as its repository says; the weights have none of their own',
  families: ['clip'],
  files: [{ url: `${CLIP}/${sha256}/${file}`, about, sha256 }, CLIP_WORDS],
  // Embeddings, positions and norms are floats in a file of halves.
  numbers,
});

export const CLIP_MODELS: readonly KnownModel[] = [
  clipModel(
    'clip-vit-b-32',
    'ViT-B-32.pt',
    '40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af',
    353_100_000,
    { halves: 125_836_288, floats: 25_441_025 },
  ),
  clipModel(
    'clip-vit-b-16',
    'ViT-B-16.pt',
    '5806e77cd80f8b59890b7e101eabd078d9fb84e6937f9e85e4ecb61988df416f',
    349_800_000,
    { halves: 124_066_816, floats: 25_553_921 },
  ),
  clipModel(
    'clip-vit-l-14',
    'ViT-L-14.pt',
    'b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836',
    931_100_000,
    { halves: 389_207_040, floats: 38_409_473 },
  ),
];
