/**
 * Reads a model folder again, with the reader that everything else uses, and compares it with what it was made from.
 */
import { FormatError } from '../../errors.ts';
import { throwIfAborted } from '../describe-source.ts';
import { halfToFloatBits } from '../../half.ts';
import { partOf } from '../net-spec.ts';
import { encodeHalves, type WeightDtype } from '../safetensors/write-safetensors.ts';
import { countParameters } from '../weights.ts';
import type { ConversionControl } from './conversion-progress.ts';
import { openModelFolder } from './open-model-folder.ts';
import type { OpenedSources } from './open-sources.ts';

/**
 * Compares every number in the folder with the source, bit for bit; halves with the source's numbers rounded.
 *
 * @throws FormatError `E_VERIFY`, and as `openModelFolder`
 */
export async function verifyModelFolder(
  out: string,
  { parts, tokenizer }: Pick<OpenedSources, 'parts' | 'tokenizer'>,
  dtype: WeightDtype,
  { onProgress, signal }: ConversionControl,
): Promise<void> {
  const total = parts.reduce((sum, { weights }) => sum + 4 * countParameters(weights), 0);
  let done = 0;
  const model = await openModelFolder(out);
  try {
    const text = tokenizer && new TextDecoder().decode(tokenizer.bytes);
    if (model.tokenizer !== text) throw verifyError(out, 'the tokenizer');
    for (const { weights } of parts) {
      const written = model[partOf(weights.architecture)]!;
      for (const [name, tensor] of weights.tensors) {
        throwIfAborted(signal);
        const wanted = await tensor.read();
        if (dtype === 'f16') roundToHalves(name, wanted);
        const got = await written.tensors.get(name)!.read();
        if (!hasSameBits(wanted, got)) throw verifyError(out, name);
        onProgress?.({ stage: 'verify', done: (done += wanted.byteLength), total });
      }
    }
  } finally {
    await model.close();
  }
}

function roundToHalves(name: string, values: Float32Array): void {
  const bits = new Uint32Array(values.buffer);
  encodeHalves(name, values).forEach((half, index) => (bits[index] = halfToFloatBits(half)));
}

function hasSameBits(a: Float32Array, b: Float32Array): boolean {
  const left = new Uint32Array(a.buffer, a.byteOffset, a.length);
  const right = new Uint32Array(b.buffer, b.byteOffset, b.length);
  return left.length === right.length && left.every((bits, index) => bits === right[index]);
}

function verifyError(out: string, name: string): FormatError {
  return new FormatError(
    'E_VERIFY',
    `verifyModelFolder: ${name} in ${out} differs from its source. The disk or the memory ` +
      `of this machine is at fault, or the source changed meanwhile; convert again with --force.`,
  );
}
