/**
 * Reads a model folder again, with the reader that everything else uses, and compares it with what it was made from.
 */
import { FormatError } from '../../base/errors.ts';
import { throwIfAborted } from '../describe-source.ts';
import { halfToFloatBits } from '../../base/half.ts';
import { partOf } from '../../nets/net-kinds.ts';
import { chooseDtype, encodeHalves, type WeightDtype } from '../safetensors/write-safetensors.ts';
import { countElements } from '../torch/tensor-record.ts';
import { countParameters, tensorBlocks } from '../../nets/weights.ts';
import type { Model } from '../model-folder/open-model.ts';
import type { ConversionControl } from './conversion-progress.ts';
import { openModelFolder } from './open-model-folder.ts';
import type { OpenedSources } from './open-sources.ts';

/**
 * Compares every number in the folder with the source, bit for bit; halves with the source's numbers rounded.
 *
 * @param open opens the model before its files have their names, with its hashes compared or not [the folder]
 * @throws FormatError `E_VERIFY`, and as `openModelFolder`
 */
export async function verifyModelFolder(
  out: string,
  { parts, tokenizer }: Pick<OpenedSources, 'parts' | 'tokenizer'>,
  dtype: WeightDtype | undefined,
  { onProgress, signal }: ConversionControl,
  open: (verify: boolean) => Promise<Model> = (verify) => openModelFolder(out, undefined, { verify }),
): Promise<void> {
  const total = parts.reduce((sum, { weights }) => sum + 4 * countParameters(weights), 0);
  let done = 0;
  // Every number is compared; hashes are, too, but only afterwards: a number that differs has a name.
  const model = await open(false);
  try {
    const text = tokenizer && new TextDecoder().decode(tokenizer.bytes);
    if (model.tokenizer !== text) throw verifyError(out, 'the tokenizer');
    for (const { weights } of parts) {
      const written = model[partOf(weights.architecture)]!;
      for (const [name, tensor] of weights.tensors) {
        throwIfAborted(signal);
        const wanted = tensorBlocks(tensor);
        const rounded = chooseDtype(tensor, dtype) === 'f16' ? roundToHalves(name, wanted) : wanted;
        const isSame = await haveSameBits(rounded, tensorBlocks(written.tensors.get(name)!));
        if (!isSame) throw verifyError(out, name);
        onProgress?.({ stage: 'verify', done: (done += 4 * countElements(tensor.shape)), total });
      }
    }
  } finally {
    await model.close();
  }
  await (await open(true)).close();
}

async function* roundToHalves(name: string, blocks: AsyncIterable<Float32Array>): AsyncGenerator<Float32Array> {
  for await (const values of blocks) {
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
    encodeHalves(name, values).forEach((half, index) => (bits[index] = halfToFloatBits(half)));
    yield values;
  }
}

/** Compares two runs of numbers that may be cut at different places. */
async function haveSameBits(left: AsyncGenerator<Float32Array>, right: AsyncGenerator<Float32Array>): Promise<boolean> {
  let a: Uint32Array = new Uint32Array(0);
  let b = a;
  for (;;) {
    if (a.length === 0) a = await nextBits(left);
    if (b.length === 0) b = await nextBits(right);
    const count = Math.min(a.length, b.length);
    if (count === 0) return a.length === b.length;
    for (let i = 0; i < count; i++) if (a[i] !== b[i]) return false;
    a = a.subarray(count);
    b = b.subarray(count);
  }
}

/** The bits of the next block that is not empty; none at the end. */
async function nextBits(blocks: AsyncGenerator<Float32Array>): Promise<Uint32Array> {
  for (;;) {
    const { value, done } = await blocks.next();
    if (done) return new Uint32Array(0);
    if (value.length > 0) return new Uint32Array(value.buffer, value.byteOffset, value.length);
  }
}

function verifyError(out: string, name: string): FormatError {
  return new FormatError(
    'E_VERIFY',
    `verifyModelFolder: ${name} in ${out} differs from its source. The disk or the memory ` +
      `of this machine is at fault, or the source changed meanwhile; convert again with --force.`,
  );
}
