/**
 * The valid files that fuzzing begins with, each in parts: an archive's members are spoiled one by one and packed
 * again, since a checksum would refuse any other change, and so is a safetensors header.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { writeClip } from '../../dist/nets/tokenizer/clip-form.js';
import { formatTokenizer } from '../../dist/nets/tokenizer/tokenizer-json.js';
import { trainBpe } from '../../dist/nets/tokenizer/train-bpe.js';
import { sourceFromBytes } from '../../dist/weights-convert/byte-source.js';
import { writeSafetensors } from '../../dist/weights-convert/safetensors/write-safetensors.js';
import { formatShardIndex } from '../../dist/weights-convert/safetensors/shard-index.js';
import { joinPieces } from '../../dist/weights-convert/tokenizers/join-pieces.js';
import { convertYttmModel } from '../../dist/weights-convert/tokenizers/yttm-model.js';
import { writeZip } from '../../dist/weights-convert/zip/write-zip.js';
import { openZip } from '../../dist/weights-convert/zip/zip-archive.js';
import { listPictureSeeds } from './picture-seeds.mjs';

const root = new URL('../../', import.meta.url);
const corpus = new URL('weights-convert/corpus/', root);

/** What a picture says of how it was drawn. */
const RECIPE = {
  command: 'generate',
  text: 'a red heart',
  truncate: false,
  settings: { temperature: 1, topP: 0.9, topK: 12, guidance: 1, seed: 7, count: 4 },
  weights: { decoder: ['00'], transformer: ['11'], tokenizer: ['22'] },
  best: { kept: [2, 0], scores: [0.25, 0.125], weights: { clip: ['33'] } },
  device: 'any',
  kernels: { targets: 4, fetch: 'texelFetch', block: 'strip', without: ['pack_conv2d'] },
  precision: 'full',
};

/** What lies beside a CLIP of Hugging Face's, and of open_clip's. */
const CLIP_CONFIG = {
  model_type: 'clip',
  text_config: { hidden_act: 'quick_gelu', num_attention_heads: 8, layer_norm_eps: 1e-5 },
  vision_config: { hidden_act: 'quick_gelu', num_attention_heads: 12 },
  model_cfg: { quick_gelu: true, vision_cfg: { width: 768, head_width: 64 }, text_cfg: { heads: 8 } },
};

/**
 * @typedef {object} Seed
 * @property {string} name
 * @property {readonly Uint8Array[]} parts
 * @property {(parts: readonly Uint8Array[]) => Promise<Uint8Array>} assemble
 */

/** @returns {Promise<Seed[]>} */
export async function listSeeds() {
  const seeds = [];
  for (const folder of ['torch', 'pickle', 'numpy', 'dalle-pytorch', 'clip', 'min-dalle']) {
    for (const name of readdirSync(new URL(`${folder}/`, corpus)).filter((file) =>
      /\.(pt|pkl|np[yz]|safetensors)$/.test(file),
    )) {
      seeds.push(...(await seedsOf(`${folder}/${name}`, readFileSync(new URL(`${folder}/${name}`, corpus)))));
    }
  }
  const files = ['test/golden/hidden-4/encoder.zip.one-storage.pkl', 'models/emoji/tokenizer.json'];
  files.push('test/golden/rudalle/v3-4.pt', 'test/golden/mindalle/stage2.pt', 'test/golden/rudalle-vae/dwt.ckpt');
  // What Lightning keeps around weights, and min-dalle's names.
  files.push('test/golden/vqgan/gumbel.ckpt', 'test/golden/vqgan/two-levels.detoker.pt');
  files.push('test/golden/discrete-vae/plain.vae.pt', 'test/golden/dalle-pytorch/new-own.dalle.pt');
  for (const path of [...files, 'models/emoji/model.json']) {
    seeds.push(...(await seedsOf(path, readFileSync(new URL(path, root)))));
  }
  seeds.push(wholeSeed('made config.json', Buffer.from(JSON.stringify(CLIP_CONFIG))));
  seeds.push(wholeSeed('made recipe', Buffer.from(JSON.stringify(RECIPE))));
  seeds.push(wholeSeed('made.tokenizer.json', Buffer.from(makeTokenizer())));
  seeds.push(wholeSeed('made.min-dalle.json', Buffer.from(makeMinDalle())));
  seeds.push(wholeSeed('made.yttm.json', Buffer.from(JSON.stringify(convertYttmModel(YTTM, true)))));
  seeds.push(wholeSeed('made bpe.model', Buffer.from(YTTM)));
  seeds.push(wholeSeed('made config.yaml', Buffer.from(CONFIG)));
  seeds.push(wholeSeed('made.char-bpe.json', Buffer.from(JSON.stringify(joinPieces(CHAR_BPE)))));
  seeds.push(
    wholeSeed(
      'made.clip.json',
      Buffer.from(
        JSON.stringify(
          writeClip([
            ['r', 'e'],
            ['re', 'd</w>'],
          ]),
        ),
      ),
    ),
  );
  seeds.push(wholeSeed('made clip merges', Buffer.from('"bpe_simple_vocab#version: 0.2\nc a\nca t</w>\nr e\n')));
  seeds.push(wholeSeed('made vocab.json', Buffer.from(JSON.stringify(MIN_DALLE.vocab))));
  seeds.push(wholeSeed('made merges', Buffer.from('#version: 0.2\nc a\nca t</w>\nr e\nre d</w>\n')));
  const safetensors = await makeSafetensors();
  seeds.push(...(await seedsOf('made.safetensors', safetensors)), wholeSeed('made.npy', makeNpy()));
  for (const [name, bytes] of makePickles()) seeds.push(wholeSeed(`made.${name}.pkl`, bytes));
  const shards = new Map([['made.safetensors', new Set(['a', 'b', '__proto__'])]]);
  seeds.push(wholeSeed('made.safetensors.index.json', Buffer.from(formatShardIndex(shards, 48))));
  seeds.push(...listPictureSeeds());
  return seeds;
}

/** The file beside a sharded index. */
export async function makeSafetensors() {
  const tensor = (shape, values) => ({ shape, read: async () => Float32Array.from(values) });
  const tensors = new Map([
    ['a', tensor([2, 2], [1, 2, 3, 4])],
    ['b', tensor([4], [5, 6, 7, 8])],
    ['__proto__', tensor([1, 4, 1], [9, 10, 11, 12])],
  ]);
  const blocks = [];
  for await (const block of writeSafetensors(tensors, 'f32')) blocks.push(block);
  return Buffer.concat(blocks);
}

const MIN_DALLE = {
  vocab: { '<s>': 0, '<pad>': 1, '</s>': 2, '<unk>': 3, Ġ: 4, c: 5, a: 6, Ġc: 7, Ġca: 8 },
  merges: ['Ġ c', 'Ġc a'],
};

const YTTM = '3 2\n9601 4\n97 5\n100 6\n5 6 7\n4 7 8\n1 0 2 3\n';
/** minDALL-E's settings. */
const CONFIG = 'stage1:\n  ch_mult: [1, 2]\nstage2:\n  type: transformer1d\n  hparams:\n    n_heads: 24 # of 64\n';

const CHAR_BPE = {
  vocabulary: { '[UNK]': 0, a: 1, 'd</w>': 2, 'ad</w>': 3, 'red</w>': 4, r: 5, e: 6, 'ed</w>': 7 },
  merges: [['a', 'd</w>']],
};

function makeMinDalle() {
  return JSON.stringify({ version: '1.0', model: { type: 'min-dalle', ...MIN_DALLE } });
}

/** A few tokens: most changes meet what surrounds them. */
function makeTokenizer() {
  return formatTokenizer(trainBpe(['a red heart', 'a blue car'], { vocabularySize: 24 }));
}

function makeNpy() {
  const header = `\x93NUMPY\x01\x00\x46\x00{'descr': '<i4', 'fortran_order': False, 'shape': (2, 2), }`;
  return Buffer.concat([Buffer.from(`${header.padEnd(79)}\n`, 'latin1'), Buffer.alloc(16)]);
}

/** Pickles behind pickles, in a pickle, and texts that are hard to read. */
function makePickles() {
  const latin1 = (text) => Buffer.from(text, 'latin1');
  const list = latin1('\x80\x02].');
  const legacy = readFileSync(new URL('torch/legacy-nested.pt', corpus));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(legacy.length);
  const opening = latin1('\x80\x02ctorch.storage\n_load_from_bytes\nB');
  return [
    ['behind-stop', Buffer.concat([list, latin1('(lp0\n.'), Buffer.alloc(20), latin1('cevil\nrun\n(tR.'), list])],
    [
      'texts',
      latin1("(X\x06\0\0\0\xed\xa0\x80\xed\xb0\x80S'\\x41\\101'\nV\\ud800\\U0001f600\\\\\nI01\nL0x1fL\nF-inf\nt."),
    ],
    ['dump', Buffer.concat([opening, length, legacy, latin1('\x85R.')])],
  ];
}

/** A file as one run of bytes, and as its parts where it has some. */
async function seedsOf(name, bytes) {
  const whole = wholeSeed(name, bytes);
  if (bytes.subarray(0, 2).toString('latin1') === 'PK' && !name.includes('compressed')) {
    return [whole, await zipSeed(name, bytes)];
  }
  return name.endsWith('.safetensors') ? [whole, safetensorsSeed(name, bytes)] : [whole];
}

function wholeSeed(name, bytes) {
  return { name, parts: [bytes], assemble: async ([only]) => only };
}

async function zipSeed(name, bytes) {
  const entries = [...(await openZip(sourceFromBytes(bytes, name))).values()];
  return {
    name: `${name}, by entries`,
    parts: entries.map(({ offset, size }) => bytes.subarray(offset, offset + size)),
    assemble: async (parts) => {
      const blocks = [];
      const inputs = entries.map((entry, index) => ({ name: entry.name, make: () => parts[index] }));
      for await (const block of writeZip(inputs)) blocks.push(block);
      return Buffer.concat(blocks);
    },
  };
}

function safetensorsSeed(name, bytes) {
  const end = 8 + Number(bytes.readBigUInt64LE(0));
  return {
    name: `${name}, by header`,
    parts: [bytes.subarray(8, end), bytes.subarray(end)],
    assemble: async ([header, data]) => {
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(header.length));
      return Buffer.concat([length, header, data]);
    },
  };
}

/** Files that once broke something: each is tried first, every time. */
export function listFound() {
  const folder = new URL('found/', import.meta.url);
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((name) => ({ name: `found/${name}`, bytes: readFileSync(new URL(name, folder)) }));
}
