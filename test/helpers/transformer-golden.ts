/**
 * The goldens of `test/golden/transformer`, those of ru-dalle's and minDALL-E's own classes, and the reference of the
 * emoji model: weights that a Transformer takes, and what PyTorch makes of them. Logits are float64 behind every
 * token but the last, S sequences: text [S, T − 1, .], image [S, H·W, V].
 */
import { join } from 'node:path';
import { packageRoot } from '../../base/node/package-files.ts';
import { openFileSource } from '../../weights-convert/node/file-source.ts';
import { openModelFolder } from '../../weights-convert/node/open-model-folder.ts';
import { openWeights } from '../../weights-convert/open-weights.ts';
import { openSafetensors } from '../../weights-convert/safetensors/read-safetensors.ts';
import type { TransformerArchitecture } from '../../nets/transformer/architecture.ts';
import { isKind, type WeightsOf } from '../../nets/weights.ts';
import { loadGolden, type Golden, type GoldenError, type GoldenProvenance } from './golden.ts';

interface TransformerErrors {
  readonly textLogits: GoldenError;
  readonly imageLogits: GoldenError;
}

interface TransformerRecord extends GoldenProvenance {
  readonly cases: readonly {
    readonly name: string;
    readonly architecture: TransformerArchitecture;
    readonly errors: TransformerErrors;
    /** The tokens of both texts without what surrounds them; where the original class made the rows of them. */
    readonly words?: readonly (readonly number[])[];
  }[];
}

export interface TransformerCase {
  readonly name: string;
  readonly architecture: TransformerArchitecture;
  readonly errors: TransformerErrors;
  readonly words?: readonly (readonly number[])[];
  readonly text: Int32Array;
  readonly image: Int32Array;
  readonly textLogits: Float64Array;
  readonly imageLogits: Float64Array;
  /** The weights, opened anew: whoever takes them closes them. */
  open(): Promise<WeightsOf<'transformer'>>;
}

/** Rows of the angles of a head of 64 over 257 text and 32 × 32 image positions, as DALLE-pytorch saves them. */
export const ANGLE_ROWS = [0, 1, 100, 256, 257, 300, 1280] as const;

const open = (name: string): Golden<TransformerRecord> => loadGolden(join(packageRoot, 'test', 'golden', name));

const golden = open('transformer');

export function loadAngles(): ArrayLike<number> {
  return golden.array('angles').data;
}

type OpenCase = (golden: Golden<TransformerRecord>, given: TransformerRecord['cases'][number]) => OpenedCase;
type OpenedCase = Promise<WeightsOf<'transformer'>>;

function listCases(from: Golden<TransformerRecord>, openCase: OpenCase): TransformerCase[] {
  return from.record.cases.map((given) => {
    const { name } = given;
    return {
      ...given,
      text: Int32Array.from(from.array(`${name}.text`).data),
      image: Int32Array.from(from.array(`${name}.image`).data),
      textLogits: Float64Array.from(from.array(`${name}.textLogits.f64`).data),
      imageLogits: Float64Array.from(from.array(`${name}.imageLogits.f64`).data),
      open: () => openCase(from, given),
    };
  });
}

/** As dalle-gl has them, which no converter need read. */
async function openOwn(from: Golden<TransformerRecord>, { name, architecture }: { name: string } & Shape): OpenedCase {
  const source = await openFileSource(from.path(`${name}.weights.safetensors`));
  const { tensors } = await openSafetensors(source);
  return {
    architecture,
    tensors,
    source: { name, bytes: source.size, container: 'safetensors' },
    close: () => source.close(),
  };
}

type Shape = Pick<TransformerCase, 'architecture'>;

/** As the project saves them. */
async function openSaved(from: Golden<TransformerRecord>, { name }: { name: string }): OpenedCase {
  const weights = await openWeights(await openFileSource(from.path(`${name}.pt`)));
  if (!isKind(weights, 'transformer')) throw new Error(`${name} is another net`);
  return weights;
}

/** Transformers of ru-dalle's and minDALL-E's own classes, in their own files. */
export const relativeCases: readonly TransformerCase[] = ['rudalle', 'mindalle'].flatMap((name) =>
  listCases(open(name), openSaved),
);

export const transformerCases: readonly TransformerCase[] = [...listCases(golden, openOwn), ...relativeCases];

export function findCase(name: string): TransformerCase {
  const found = transformerCases.find((given) => given.name === name);
  if (!found) throw new Error(`there is no golden transformer ${name}`);
  return found;
}

/** The transformer of models/emoji and its reference (test/data/emoji-dalle/NOTICE.md): tensors by name. */
export async function loadEmojiReference(): Promise<ReadonlyMap<string, Float32Array>> {
  const source = await openFileSource(join(packageRoot, 'test', 'data', 'emoji-dalle', 'reference.safetensors'));
  const { tensors } = await openSafetensors(source);
  const arrays = new Map<string, Float32Array>();
  for (const [name, tensor] of tensors) arrays.set(name, await tensor.read());
  await source.close();
  return arrays;
}

export function loadEmojiErrors(): TransformerErrors {
  const { record } = loadGolden<GoldenProvenance & { errors: TransformerErrors }>(
    join(packageRoot, 'test', 'golden', 'emoji-dalle'),
  );
  return record.errors;
}

export async function openEmojiTransformer(): Promise<WeightsOf<'transformer'>> {
  const model = await openModelFolder(join(packageRoot, 'models', 'emoji'), ['transformer']);
  if (!isKind(model.transformer!, 'transformer')) throw new Error('models/emoji has another transformer');
  return model.transformer;
}
