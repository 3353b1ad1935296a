/** The goldens of `test/golden/clip`: small CLIPs of OpenAI's own classes, and what Pillow makes of pictures. */
import { join } from 'node:path';
import { packageRoot } from '../../base/node/package-files.ts';
import type { ClipActivation, ClipArchitecture } from '../../nets/clip/architecture.ts';
import type { Pixels } from '../../nets/picture-coder.ts';
import type { Tokenizer } from '../../nets/tokenizer/tokenizer.ts';
import type { WeightsOf } from '../../nets/weights.ts';
import { openFileSource } from '../../weights-convert/node/file-source.ts';
import { openSafetensors } from '../../weights-convert/safetensors/read-safetensors.ts';
import { loadGolden, type Golden, type GoldenError, type GoldenProvenance } from './golden.ts';

interface ClipRecord extends GoldenProvenance {
  /** Tensors and parameters of the published sizes, counted in PyTorch. */
  readonly fullSizes: Readonly<Record<string, { readonly tensors: number; readonly parameters: number }>>;
  readonly cases: readonly {
    readonly name: 'tiny' | 'tiny-gelu' | 'named';
    readonly errors: Readonly<Record<'imageFeatures' | 'textFeatures' | 'logits', GoldenError>>;
  }[];
  /** Names of pictures, each `<width>x<height>`. */
  readonly pictures: readonly string[];
  /** What `clip.tokenize` gives for rows of 12: `rows` is null where it refuses the text. */
  readonly tokens: readonly { readonly text: string; readonly rows: number[] | null; readonly cut: number[] }[];
}

export const clipGolden: Golden<ClipRecord> = loadGolden(join(packageRoot, 'test', 'golden', 'clip'));

/** The sizes that make_clip.py gives its tiny one; `named` is of one layer a tower, in patches of 4. */
export const TINY: ClipArchitecture = {
  kind: 'clip',
  embed_dim: 32,
  activation: 'quick-gelu',
  image_size: 32,
  patch: 16,
  vision_dim: 64,
  vision_depth: 2,
  vision_heads: 1,
  vision_mlp_size: 256,
  text_length: 16,
  text_vocab: 60,
  text_dim: 64,
  text_depth: 2,
  text_heads: 1,
  text_mlp_size: 256,
};

/** A case of the golden: what goes in, and what PyTorch makes of it in float64. */
export function readClipCase(name: 'tiny' | 'tiny-gelu' | 'named'): {
  readonly errors: Readonly<Record<'imageFeatures' | 'textFeatures' | 'logits', GoldenError>>;
  readonly pixels: Pixels;
  readonly text: Int32Array;
  readonly imageFeatures: ArrayLike<number>;
  readonly textFeatures: ArrayLike<number>;
  readonly logits: ArrayLike<number>;
} {
  const { errors } = clipGolden.record.cases.find((given) => given.name === name)!;
  const pixels = clipGolden.array(`${name}.pixels`);
  return {
    errors,
    pixels: { data: pixels.data as Float32Array, shape: pixels.shape as unknown as Pixels['shape'] },
    text: clipGolden.array(`${name}.text`).data as Int32Array,
    imageFeatures: clipGolden.array(`${name}.imageFeatures.f64`).data,
    textFeatures: clipGolden.array(`${name}.textFeatures.f64`).data,
    logits: clipGolden.array(`${name}.logits.f64`).data,
  };
}

/** The weights of the tiny one, opened anew: whoever takes them closes them. */
export async function openTiny(activation: ClipActivation = 'quick-gelu'): Promise<WeightsOf<'clip'>> {
  const source = await openFileSource(clipGolden.path('tiny.weights.safetensors'));
  const { tensors } = await openSafetensors(source);
  return {
    architecture: { ...TINY, activation },
    tensors,
    source: { name: 'tiny', bytes: source.size, container: 'safetensors' },
    close: () => source.close(),
  };
}

/** A tokenizer of as many tokens as the tiny one reads: a word is its number. */
export const numberTokenizer: Tokenizer = {
  vocabularySize: TINY.text_vocab,
  encode: (text) => text.split(' ').filter(Boolean).map(Number),
  decode: (tokens) => Array.from(tokens).join(' '),
  explain: () => [],
};
