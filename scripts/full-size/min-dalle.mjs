/**
 * The small model of DALL·E mini at its published size without the published files: encoder.pt, decoder.pt, detoker.pt,
 * vocab.json and merges.txt, by a documented integer generator that is bit-equal in any language. It follows no trained
 * model; scales are chosen so that activations stay near 1, tokens vary, and most pixels lie within 0 and 1.
 *
 * `mix` and h are those of generate.mjs. Of the tensor `name` of a file, `encoder`, `decoder` or `detoker`, element i
 * in row-major order is made of
 *
 *     stream = mix(crc32("<file>.<name>"))
 *     k      = (h(i) >> 21) - 2^10                          an integer in [-2^10, 2^10)
 *
 *     weights of norms           (floor(k / 2) + 1024) / 1024        in [0.5, 1.5)
 *     biases                     k * 2^-13, and 0.5 more of the last convolution
 *     embeddings and positions   k * 2^-10
 *     all others                 k * 2^(-10 - e), e the largest integer with 3 * g * 4^e <= 2 * f
 *
 * with f numbers in a row of the weight, g = 4 for the head, 1/16 for the last convolution, and 1 for the rest. Every
 * value is a half; encoder.pt and decoder.pt have halves, detoker.pt floats. test/golden/make_min_dalle_size.py has the
 * same in NumPy. golden.json has the SHA-256 of all tensors of a file in the order of their names, little-endian.
 */
import { createHash } from 'node:crypto';
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from '../../dist/base/crc32.js';
import { expectedNetTensors } from '../../dist/nets/net-kinds.js';
import { encodeHalves } from '../../dist/weights-convert/safetensors/write-safetensors.js';
import { writeCheckpoint } from '../../dist/weights-convert/write-checkpoint.js';
import { findExponent, generate, mix } from './generate.mjs';

const SIZES = { dim: 1024, depth: 12, heads: 16, glu_size: 2730, norm_weights: false };

/** The published sizes. */
const FILES = {
  encoder: {
    kind: 'bart-encoder',
    ...SIZES,
    text_length: 64,
    text_vocab: 50_264,
    text_start: 0,
    text_end: 2,
    text_pad: 1,
  },
  decoder: {
    kind: 'bart-decoder',
    ...SIZES,
    grid: [16, 16],
    image_rows: 16_385,
    image_vocab: 16_384,
    start_token: 16_383,
  },
  detoker: {
    kind: 'vqgan-decoder',
    ch: 128,
    ch_mult: [1, 1, 2, 2, 4],
    num_res_blocks: 2,
    attn_levels: [4],
    z_channels: 256,
    embed_dim: 256,
    n_embed: 16_384,
    quantiser: 'vector',
    epsilon: 1e-5,
    pixel_range: [0, 1],
    out_ch: 3,
  },
};

/** Beside 1. */
const GAINS = { 'lm_head.weight': 4, 'decoder.conv_out.weight': 1 / 16 };

/** What becomes of an integer of a tensor. */
function valueOf(name, shape) {
  if (shape.length === 1 && name.endsWith('weight')) return (k) => (Math.floor(k / 2) + 1024) / 1024;
  const offset = name === 'decoder.conv_out.bias' ? 0.5 : 0;
  if (shape.length === 1) return (k) => k * 2 ** -13 + offset;
  if (name.startsWith('embed')) return (k) => k * 2 ** -10;
  const inputs = shape.slice(1).reduce((product, size) => product * size, 1);
  const exponent = findExponent(GAINS[name] ?? 1, inputs);
  return (k) => k * 2 ** (-10 - exponent);
}

function generateTensor(file, name, shape) {
  const stream = mix(crc32(new TextEncoder().encode(`${file}.${name}`)));
  const scale = valueOf(name, shape);
  return generate(stream, shape, (h) => scale((h >>> 21) - 1024));
}

/** The weights of a file, each made when it is read, by min-dalle's names. */
function generatedWeights(file) {
  const architecture = FILES[file];
  const dtype = file === 'detoker' ? 'F32' : 'F16';
  const tensors = new Map();
  for (const [netName, shape] of expectedNetTensors(architecture)) {
    const name = netName.replace(/^quantize\./, '');
    tensors.set(name, { shape, dtype, read: async () => generateTensor(file, name, shape) });
  }
  return { architecture, tensors, source: { name: file, bytes: 0, container: 'torch-zip' }, close: async () => {} };
}

/** SHA-256 of all tensors of `encoder`, `decoder` or `detoker`, in the order of their names. */
export async function hashWeights(file) {
  const { tensors } = generatedWeights(file);
  const hash = createHash('sha256');
  for (const name of [...tensors.keys()].sort()) {
    const { dtype, read } = tensors.get(name);
    const values = await read();
    hash.update(new Uint8Array((dtype === 'F16' ? encodeHalves(name, values) : values).buffer));
  }
  return hash.digest('hex');
}

/** Marks and letters: a text becomes its letters, each word behind a mark. No two are ever merged. */
const TOKENS = ['<s>', '<pad>', '</s>', '<unk>', 'Ġ', ...'abcdefghijklmnopqrstuvwxyz'];

/** Writes all five files. */
export async function writeFullSize(folder) {
  mkdirSync(folder, { recursive: true });
  for (const file of Object.keys(FILES)) {
    const path = join(folder, `${file}.pt`);
    await pipeline(Readable.from(writeCheckpoint(generatedWeights(file))), createWriteStream(path));
  }
  const vocabulary = Object.fromEntries(TOKENS.map((token, id) => [token, id]));
  writeFileSync(join(folder, 'vocab.json'), JSON.stringify(vocabulary));
  writeFileSync(join(folder, 'merges.txt'), '#version: 0.2\n');
}
