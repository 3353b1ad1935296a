/**
 * Checkpoints in memory that hold generated nets of dalle-gl's: tensors under names of one's choice as safetensors, or
 * entries of an encoder and a decoder as torch saves them; and the nets that are wanted of them.
 */
import { expect } from 'vitest';
import type { DvaeArchitecture } from '../../nets/dvae/architecture.ts';
import { expectedTensors } from '../../nets/dvae/tensors.ts';
import type { Weights } from '../../nets/weights.ts';
import { sourceFromBytes, type ByteSource } from '../../weights-convert/byte-source.ts';
import { generateTensors } from '../../weights-convert/families/openai/official-size.ts';
import type { PickleValue } from '../../weights-convert/pickle/records.ts';
import { writeSafetensors, type WritableTensor } from '../../weights-convert/safetensors/write-safetensors.ts';
import { TorchCheckpoint } from './torch-checkpoint.ts';

export type Tensors = Map<string, WritableTensor>;

export function tensorsOf(architecture: DvaeArchitecture, rename: (name: string) => string): Tensors {
  return new Map(
    generateTensors(architecture).map(({ name, shape, make }) => [rename(name), { shape, read: async () => make() }]),
  );
}

export async function writeTensors(tensors: Tensors): Promise<ByteSource> {
  const blocks: Uint8Array[] = [];
  for await (const block of writeSafetensors(tensors, 'f32')) blocks.push(block);
  return sourceFromBytes(Buffer.concat(blocks), 'x.safetensors');
}

export async function expectNet({ architecture, tensors }: Weights, wanted: DvaeArchitecture): Promise<void> {
  expect(architecture).toEqual(wanted);
  expect([...tensors.keys()]).toEqual([...expectedTensors(wanted).keys()]);
  for (const { name, make } of generateTensors(wanted)) expect(await tensors.get(name)!.read(), name).toEqual(make());
}

/** As transformers' convert_dalle_to_flava_codebook.py renames. */
export function flavaName(name: string): string {
  return name
    .replace(/(group_\d)\./, '$1.group.')
    .replace('res_path.', 'res_path.path.')
    .replace(/\.w$/, '.weight')
    .replace(/\.b$/, '.bias');
}

/** A file whose object is made of the entries of an encoder and a decoder. */
export async function saved(
  makeRoot: (file: TorchCheckpoint) => PickleValue,
  settings?: { readonly name: string },
): Promise<ByteSource> {
  const file = new TorchCheckpoint();
  return sourceFromBytes(await file.save(makeRoot(file)), settings?.name ?? 'x.pt');
}
