/** min-dalle's published models, which share the decoder of their pictures (73621fb). */
import type { KnownModel } from '../../known-models/known-model.ts';

const MIN_DALLE = 'https://huggingface.co/kuprel/min-dalle/resolve/main';

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

export const MIN_DALLE_MODELS: readonly KnownModel[] = [
  minDalle('min-dalle-mini', '_mini', [405_000_000, 470_600_000], 437_962_720),
  minDalle('min-dalle-mega', '', [2_220_000_000, 2_955_000_000], 2_587_967_488),
];
