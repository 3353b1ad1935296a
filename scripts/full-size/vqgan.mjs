/**
 * A VQGAN f16 with 16,384 codes at the size published for ImageNet without the published file: `vqgan.ckpt`,
 * `{state_dict}` as Lightning has it, of the numbers of generate.mjs. Nothing in it rounds, so NumPy and PyTorch make
 * the same bits. It follows no trained model; scales are chosen so that activations stay near 1 and codes vary over a
 * photograph.
 *
 * `t` numbers the 343 tensors from 0, the encoder's in the order of `expectedVqganTensors` (nets/vqgan/tensors.ts), and
 * then the decoder's but for the codebook, which is the encoder's. Element i in row-major order is made of
 *
 *     stream = mix(3 * 65536 + t)
 *     k      = (h(i) >> 8) - 2^23                   an integer in [-2^23, 2^23)
 *
 *     weight of a norm      1 + floor(k / 2) * 2^(-23)    in [0.5, 1.5)
 *     any bias              k * 2^(-27)                   in [-1/16, 1/16)
 *     codebook              k * 2^(-23)                   in [-1, 1)
 *     weight of a kernel    k * 2^(-23 - e)               in [-2^-e, 2^-e)
 *
 * e is the largest integer with 3 * g * 4^e <= 2 * f, f = inputs * kernel * kernel, and g = 1/2 for decoder.conv_out
 * (most pixels stay within their range), 1 for the 1×1 kernels of attentions, quant_conv and post_quant_conv, and 2 for
 * all others, which read a swish or what was added up. test/golden/make_vqgan_size.py has the same in NumPy, and the
 * SHA-256 of all tensors in order, as little-endian float32.
 */
import { createHash } from 'node:crypto';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { expectedVqganTensors } from '../../dist/nets/vqgan/tensors.js';
import { dict, orderedDict } from '../../dist/weights-convert/pickle/build-records.js';
import { encodePickle } from '../../dist/weights-convert/pickle/encode-pickle.js';
import { buildTensor } from '../../dist/weights-convert/torch/build-tensor.js';
import { writeZip } from '../../dist/weights-convert/zip/write-zip.js';
import { findExponent, generate, mix } from './generate.mjs';

/** The published size. */
const F16 = {
  ...{ ch: 128, ch_mult: [1, 1, 2, 2, 4], num_res_blocks: 2, attn_levels: [4], z_channels: 256, embed_dim: 256 },
  ...{ n_embed: 16384, quantiser: 'vector', epsilon: 1e-6, pixel_range: [-1, 1] },
};
const HALVES = [
  { kind: 'vqgan-encoder', ...F16, in_channels: 3 },
  { kind: 'vqgan-decoder', ...F16, out_ch: 3 },
];

function listTensors() {
  const shapes = new Map(HALVES.flatMap((half) => [...expectedVqganTensors(half)]));
  return [...shapes].map(([name, shape], t) => ({
    name,
    shape,
    make: () => new Uint8Array(generate(mix(3 * 65536 + t), shape, valueOf(name, shape)).buffer),
  }));
}

/** What becomes of the hash of an element. */
function valueOf(name, shape) {
  const integer = (h) => (h >>> 8) - 2 ** 23;
  if (name === 'quantize.embedding.weight') return (h) => integer(h) * 2 ** -23;
  if (name.endsWith('.bias')) return (h) => integer(h) * 2 ** -27;
  if (shape.length === 1) return (h) => 1 + Math.floor(integer(h) / 2) * 2 ** -23;
  const isOneByOne = /\.(q|k|v|proj_out)\.weight$|^(post_)?quant_conv\.weight$/.test(name);
  const g = name === 'decoder.conv_out.weight' ? 1 / 2 : isOneByOne ? 1 : 2;
  const scale = 2 ** (-23 - findExponent(g, shape[1] * shape[2] * shape[3]));
  return (h) => integer(h) * scale;
}

/** SHA-256 of all tensors in order. */
export function hashWeights() {
  const hash = createHash('sha256');
  for (const { make } of listTensors()) hash.update(make());
  return hash.digest('hex');
}

/** Writes the checkpoint; one tensor is in memory at a time. */
export async function writeFullSize(path) {
  mkdirSync(dirname(path), { recursive: true });
  const tensors = listTensors();
  const state = tensors.map(({ name, shape }, key) => [name, buildTensor(String(key), shape, 'F32')]);
  const root = dict([['state_dict', orderedDict(state)]]);
  const inputs = [
    { name: 'vqgan/data.pkl', make: () => encodePickle(root) },
    ...tensors.map(({ make }, key) => ({ name: `vqgan/data/${key}`, make })),
    { name: 'vqgan/version', make: () => new TextEncoder().encode('3\n') },
  ];
  await pipeline(Readable.from(writeZip(inputs)), createWriteStream(path));
}
