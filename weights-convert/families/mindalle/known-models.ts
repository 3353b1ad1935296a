/** minDALL-E's published model, one packed archive (e548007). */
import type { KnownModel } from '../../known-models/known-model.ts';

const MINDALLE_ARCHIVE =
  'https://arena.kakaocdn.net/brainrepo/models/minDALL-E/57b008f02ceaa02b779c8b7463143315/1.3B.tar.gz';

export const MINDALLE_MODELS: readonly KnownModel[] = [
  {
    name: 'mindalle',
    what: "Kakao Brain's minDALL-E: draws pictures of 256 × 256 for texts",
    language: 'English',
    licence: 'CC BY-NC-SA 4.0: not for commercial use, and what is made of the weights goes under the same licence',
    families: ['mindalle', 'taming'],
    files: [
      { url: MINDALLE_ARCHIVE, about: 5_070_000_000, md5: '57b008f02ceaa02b779c8b7463143315', unpacked: 5_600_000_000 },
    ],
    numbers: { halves: 0, floats: 1_291_081_728 + 76_073_859 },
  },
];
