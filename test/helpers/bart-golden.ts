/** The goldens of `test/golden/min-dalle`: weights that a Bart takes, and what the original classes make of them. */
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { packageRoot } from '../../base/node/package-files.ts';
import type { BartDecoderArchitecture, BartEncoderArchitecture } from '../../nets/bart/architecture.ts';
import { Bart, type BartParts } from '../../nets/bart/bart.ts';
import type { TransformerOptions } from '../../nets/transformer/options.ts';
import type { Weights } from '../../nets/weights.ts';
import { openFileSource } from '../../weights-convert/node/file-source.ts';
import { openSafetensors } from '../../weights-convert/safetensors/read-safetensors.ts';
import { loadGolden, type Golden, type GoldenError, type GoldenProvenance } from './golden.ts';

interface BartRecord extends GoldenProvenance {
  readonly cases: readonly {
    readonly name: string;
    readonly encoder: BartEncoderArchitecture;
    readonly decoder: BartDecoderArchitecture;
    readonly errors: { readonly logits: GoldenError };
    readonly greedy: readonly { readonly guidance: number; readonly tokens: readonly number[] }[];
  }[];
}

export type BartCase = BartRecord['cases'][number] & {
  /** Without its words, and with them: i32 [2, T]. */
  readonly text: Int32Array;
  /** i32 [H·W], of both. */
  readonly image: Int32Array;
  /** [2, H·W, V] */
  readonly logits: Float64Array;
  /** The weights, opened anew: whoever takes them closes them. */
  open(): Promise<BartParts>;
};

const golden: Golden<BartRecord> = loadGolden(join(packageRoot, 'test', 'golden', 'min-dalle'));

async function openPart<Architecture extends BartEncoderArchitecture | BartDecoderArchitecture>(
  name: string,
  architecture: Architecture,
): Promise<Weights<Architecture>> {
  const source = await openFileSource(golden.path(`${name}.safetensors`));
  const { tensors } = await openSafetensors(source);
  const described = { name, bytes: source.size, container: 'safetensors' } as const;
  return { architecture, tensors, source: described, close: () => source.close() };
}

export const bartCases: readonly BartCase[] = golden.record.cases.map((given) => ({
  ...given,
  text: Int32Array.from(golden.array(`${given.name}.text`).data),
  image: Int32Array.from(golden.array(`${given.name}.image`).data),
  logits: Float64Array.from(golden.array(`${given.name}.logits.f64`).data),
  open: async () => ({
    encoder: await openPart(`${given.name}.encoder`, given.encoder),
    decoder: await openPart(`${given.name}.decoder`, given.decoder),
  }),
}));

/** A function that loads them; what it loaded is disposed after the tests of a file. */
export function keepBarts(): (given: BartCase, options: TransformerOptions) => Promise<Bart> {
  const opened: Bart[] = [];
  afterAll(() => Promise.all(opened.map((bart) => bart.dispose())));
  return async (given, options) => {
    const bart = new Bart(await given.open(), options);
    opened.push(bart);
    return bart;
  };
}
