/**
 * The models that `dalle-gl convert` knows by name. Each address is the one that the model's own program, or several
 * programs that use it, have in their sources; none was fetched to write this down. Lengths are exact where `bytes`
 * says so, else they are worked out from the tensors (`about`); a hash stands here only where it was published.
 */
import type { KnownFile, KnownModel } from './known-model.ts';

const MIN_DALLE = 'https://huggingface.co/kuprel/min-dalle/resolve/main';
const CLIP = 'https://openaipublic.azureedge.net/clip/models';

/** The vocabulary of all of them lies in OpenAI's repository; its length and hash are those it has there (d05afc4). */
const CLIP_WORDS: KnownFile = {
  url: 'https://github.com/openai/CLIP/raw/main/clip/bpe_simple_vocab_16e6.txt.gz',
  bytes: 1_356_917,
  sha256: '924691ac288e54409236115652ad4aa250f48203de50a9e4722a6ecd48d6804a',
};

/** VQGANs lie in folders of Heidelberg's, each with the checkpoint under the same path. */
const vqganFile = (folder: string, about: number): KnownFile => ({
  url: `https://heibox.uni-heidelberg.de/d/${folder}/files/?p=%2Fckpts%2Flast.ckpt&dl=1`,
  about,
});

const clipModel = (name: string, file: string, sha256: string, about: number, parameters: number): KnownModel => ({
  name,
  what: `OpenAI's CLIP ${file.replace('.pt', '')}: tells how well pictures fit a text`,
  language: 'English',
  licence: 'MIT, as its repository says; the weights have none of their own',
  families: ['clip'],
  files: [{ url: `${CLIP}/${sha256}/${file}`, about, sha256 }, CLIP_WORDS],
  // Its embeddings, positions and norms are floats.
  numbers: { halves: 0, floats: 0, mixed: parameters },
});

/** The models of ruDALL-E share their text's tokenizer and their VQGAN. */
const rudalleModel = (name: string, repository: string, file: string, what: string): KnownModel => ({
  name,
  what: `ruDALL-E ${what}: draws pictures of 256 × 256 for texts`,
  language: 'Russian',
  licence: 'none is stated with the weights; the code is under Apache-2.0',
  families: ['rudalle', 'taming'],
  files: [
    { url: `https://huggingface.co/${repository}/resolve/main/${file}`, about: 2_630_000_000 },
    {
      url: 'https://huggingface.co/sberbank-ai/rudalle-utils/resolve/main/vqgan.gumbelf8-sber.model.ckpt',
      about: 276_000_000,
    },
    { url: 'https://huggingface.co/shonenkov/rudalle-utils/resolve/main/bpe.model' },
  ],
  numbers: { halves: 1_310_410_880, floats: 68_995_971 },
});

const minDalle = (name: string, suffix: string, about: readonly [number, number], parameters: number): KnownModel => ({
  name,
  what: 'min-dalle, which is DALL·E Mini: draws pictures of 256 × 256 for texts',
  language: 'English',
  licence: 'MIT',
  families: ['min-dalle'],
  files: [
    { url: `${MIN_DALLE}/encoder${suffix}.pt`, about: about[0] },
    { url: `${MIN_DALLE}/decoder${suffix}.pt`, about: about[1] },
    { url: `${MIN_DALLE}/detoker.pt`, about: 187_000_000 },
    { url: `${MIN_DALLE}/vocab${suffix}.json` },
    { url: `${MIN_DALLE}/merges${suffix}.txt` },
  ],
  numbers: { halves: parameters, floats: 46_709_891 },
});

const vqgan = (name: string, what: string, file: KnownFile, parameters: number): KnownModel => ({
  name,
  what: `a VQGAN of taming-transformers', ${what}: pictures to tokens and back`,
  licence: 'MIT',
  families: ['taming'],
  files: [file],
  numbers: { halves: 0, floats: parameters },
});

const MINDALLE_ARCHIVE =
  'https://arena.kakaocdn.net/brainrepo/models/minDALL-E/57b008f02ceaa02b779c8b7463143315/1.3B.tar.gz';

export const KNOWN_MODELS: readonly KnownModel[] = [
  minDalle('min-dalle-mini', '_mini', [405_000_000, 470_600_000], 437_962_720),
  minDalle('min-dalle-mega', '', [2_220_000_000, 2_955_000_000], 2_587_967_488),
  rudalleModel('rudalle-malevich', 'sberbank-ai/rudalle-Malevich', 'pytorch_model_v3.bin', 'Malevich'),
  rudalleModel('rudalle-malevich-v2', 'sberbank-ai/rudalle-Malevich', 'pytorch_model_v2.bin', 'Malevich, version 2'),
  rudalleModel('rudalle-emojich', 'sberbank-ai/rudalle-Emojich', 'pytorch_model.bin', 'Emojich'),
  rudalleModel('rudalle-surrealist', 'shonenkov-AI/rudalle-xl-surrealist', 'pytorch_model.bin', 'Surrealist'),
  {
    name: 'mindalle',
    what: "Kakao Brain's minDALL-E: draws pictures of 256 × 256 for texts",
    language: 'English',
    licence: 'CC BY-NC-SA 4.0: not for commercial use, and what is made of the weights goes under the same licence',
    families: ['mindalle', 'taming'],
    files: [{ url: MINDALLE_ARCHIVE, about: 5_070_000_000 }],
    numbers: { halves: 0, floats: 1_291_081_728 + 76_073_859 },
    unpack: [
      `curl -LO ${MINDALLE_ARCHIVE}`,
      "echo '57b008f02ceaa02b779c8b7463143315  1.3B.tar.gz' | md5sum -c",
      'tar xzf 1.3B.tar.gz',
      'dalle-gl convert 1.3B/config.yaml 1.3B/stage1_last.ckpt 1.3B/stage2_last.ckpt ' +
        '1.3B/tokenizer/bpe-16k-vocab.json 1.3B/tokenizer/bpe-16k-merges.txt -o DIR',
    ],
  },
  vqgan('vqgan-imagenet-f16-1024', 'f = 16, 1024 codes', vqganFile('8088892a516d4e3baf92', 958_000_000), 72_141_699),
  vqgan('vqgan-imagenet-f16-16384', 'f = 16, 16384 codes', vqganFile('a7530b09fed84f80a887', 980_000_000), 76_073_859),
  vqgan('vqgan-gumbel-f8', 'f = 8, 8192 codes, Gumbel', vqganFile('2e5662443a6b4307b470', 376_000_000), 68_995_971),
  clipModel(
    'clip-vit-b-32',
    'ViT-B-32.pt',
    '40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af',
    353_100_000,
    151_277_313,
  ),
  clipModel(
    'clip-vit-b-16',
    'ViT-B-16.pt',
    '5806e77cd80f8b59890b7e101eabd078d9fb84e6937f9e85e4ecb61988df416f',
    349_800_000,
    149_620_737,
  ),
  clipModel(
    'clip-vit-l-14',
    'ViT-L-14.pt',
    'b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836',
    931_100_000,
    427_616_513,
  ),
  {
    name: 'openai-dvae',
    what: "OpenAI's discrete VAE of 2021: pictures to tokens and back",
    licence: 'Modified MIT',
    families: ['openai'],
    files: [
      {
        url: 'https://cdn.openai.com/dall-e/encoder.pkl',
        bytes: 215_185_363,
        sha256: '96b0f478c2e8d912f745f1bdde186efaac4265d38568a52f33bd40d3a15935d4',
      },
      { url: 'https://cdn.openai.com/dall-e/decoder.pkl', about: 175_360_000 },
    ],
    numbers: { halves: 0, floats: 97_616_006 },
  },
];
