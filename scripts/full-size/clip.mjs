/**
 * CLIP ViT-B/32 at its published size without the published file: `ViT-B-32.pt`, a TorchScript archive as OpenAI's is,
 * with halves where that has halves, by a documented integer generator that is bit-equal in any language. It follows no
 * trained model; scales are chosen so that activations stay near 1.
 *
 * `mix` and h are those of generate.mjs. Of the tensor `name`, element i in row-major order is made of
 *
 *     stream = mix(crc32("clip.<name>"))
 *     k      = (h(i) >> 21) - 2^10                          an integer in [-2^10, 2^10)
 *
 *     logit_scale                                     4.5
 *     weights of norms (ln_*)                         (floor(k / 2) + 1024) / 1024        in [0.5, 1.5)
 *     biases, in_proj_bias                            k * 2^-13
 *     class_embedding, positions, token_embedding     k * 2^-11
 *     every product           k * 2^(-10 - e), e the largest integer with 3 * 4^e <= 2 * inputs
 *
 * where `inputs` is the first size of visual.proj and text_projection, and the product of all but the first of others.
 * Every value is a half. test/golden/make_clip_size.py has the same in NumPy, and the SHA-256 of all tensors in the
 * order of their names, as little-endian float32.
 */
import { createHash } from 'node:crypto';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32 } from '../../dist/base/crc32.js';
import { expectedClipTensors } from '../../dist/nets/clip/tensors.js';
import { call, dict } from '../../dist/weights-convert/pickle/build-records.js';
import { encodePickle } from '../../dist/weights-convert/pickle/encode-pickle.js';
import { encodeHalves } from '../../dist/weights-convert/safetensors/write-safetensors.js';
import { buildTensor } from '../../dist/weights-convert/torch/build-tensor.js';
import { writeZip } from '../../dist/weights-convert/zip/write-zip.js';
import { findExponent, generate, mix } from './generate.mjs';

/** The published size. */
const VIT_B_32 = {
  ...{ kind: 'clip', activation: 'quick-gelu', embed_dim: 512, image_size: 224, patch: 32 },
  ...{ vision_dim: 768, vision_depth: 12, vision_heads: 12, vision_mlp_size: 3072, text_length: 77 },
  ...{ text_vocab: 49_408, text_dim: 512, text_depth: 12, text_heads: 8, text_mlp_size: 2048 },
};

/** What becomes of an integer of a tensor. */
function valueOf(name, shape) {
  if (name === 'logit_scale') return () => 4.5;
  if (/ln_\w+\.weight$/.test(name)) return (k) => (Math.floor(k / 2) + 1024) / 1024;
  if (/bias$/.test(name)) return (k) => k * 2 ** -13;
  if (name.includes('embedding')) return (k) => k * 2 ** -11;
  const inputs = /proj(ection)?$/.test(name) ? shape[0] : shape.slice(1).reduce((product, size) => product * size, 1);
  const exponent = findExponent(1, inputs);
  return (k) => k * 2 ** (-10 - exponent);
}

function generateTensor(name, shape) {
  const stream = mix(crc32(new TextEncoder().encode(`clip.${name}`)));
  const scale = valueOf(name, shape);
  return generate(stream, shape, (h) => scale((h >>> 21) - 1024));
}

/** What OpenAI's file has in single precision: embeddings, positions, norms, the scale. */
function isSingle(name) {
  return name.includes('embedding') || name.includes('ln_') || name === 'logit_scale';
}

/** SHA-256 of all tensors in the order of their names. */
export function hashWeights() {
  const hash = createHash('sha256');
  for (const [name, shape] of [...expectedClipTensors(VIT_B_32)].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(new Uint8Array(generateTensor(name, shape).buffer));
  }
  return hash.digest('hex');
}

/** An object of a TorchScript program, whose attributes are what its tensors' names say. */
function makeObject(className, attributes) {
  return { ...call('newobj', `__torch__.clip.${className}`, []), state: dict([...attributes]) };
}

/** The tree of objects that has these tensors: `a.b.c` is c of b of a. */
function makeTree(path, tensors) {
  const attributes = new Map();
  for (const [name, record] of tensors) {
    const own = path === '' ? name : name.slice(path.length + 1);
    const [first, ...rest] = own.split('.');
    if (rest.length === 0) attributes.set(first, record);
    else if (!attributes.has(first)) {
      const child = path === '' ? first : `${path}.${first}`;
      attributes.set(first, makeTree(child, new Map([...tensors].filter(([other]) => other.startsWith(`${child}.`)))));
    }
  }
  if (path.endsWith('.mlp')) attributes.set('gelu', makeObject('QuickGELU', new Map([['training', true]])));
  return makeObject(path === '' ? 'CLIP' : 'Module', attributes);
}

/** Writes the archive. */
export async function writeFullSize(path) {
  mkdirSync(dirname(path), { recursive: true });
  const tensors = [...expectedClipTensors(VIT_B_32)];
  const records = new Map(
    tensors.map(([name, shape], key) => [name, buildTensor(String(key), shape, isSingle(name) ? 'F32' : 'F16')]),
  );
  const inputs = [
    { name: 'ViT-B-32/data.pkl', make: () => encodePickle(makeTree('', records)) },
    ...tensors.map(([name, shape], key) => ({
      name: `ViT-B-32/data/${key}`,
      make: () => {
        const values = generateTensor(name, shape);
        return new Uint8Array((isSingle(name) ? values : encodeHalves(name, values)).buffer);
      },
    })),
    { name: 'ViT-B-32/constants.pkl', make: () => new Uint8Array([0x80, 2, 0x29, 0x2e]) },
    { name: 'ViT-B-32/version', make: () => new TextEncoder().encode('3\n') },
  ];
  await pipeline(Readable.from(writeZip(inputs)), createWriteStream(path));
}
