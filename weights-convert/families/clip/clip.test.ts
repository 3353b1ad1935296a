/**
 * CLIP under every name it is published by: the same weights of one small net of OpenAI's own classes
 * (test/golden/make_clip.py) in each, tensor by tensor and in what is computed with them.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { UnsafeFileError } from '../../../base/errors.ts';
import { call, global, join as joinBytes, pickle, text } from '../../../test/hostile/pickle-assembler.ts';
import { assembleZip, type EntryPlan } from '../../../test/hostile/zip-assembler.ts';
import { openZip } from '../../zip/zip-archive.ts';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../../base/node/package-files.ts';
import { Clip } from '../../../nets/clip/clip.ts';
import type { ClipArchitecture } from '../../../nets/clip/architecture.ts';
import { expectedNetTensors } from '../../../nets/net-kinds.ts';
import type { TensorData, Weights, WeightsOf } from '../../../nets/weights.ts';
import { numberTokenizer, readClipCase } from '../../../test/helpers/clip-golden.ts';
import { expectClose } from '../../../test/helpers/close.ts';
import { openCpuTestDevice } from '../../../test/helpers/cpu-device.ts';
import { sourceFromBytes, type ByteSource } from '../../byte-source.ts';
import { makeWeights } from '../../make-weights.ts';
import { openNets, openWeights } from '../../open-weights.ts';
import { listSafetensors } from '../../safetensors/read-safetensors.ts';
import { FAMILIES } from '../all-families.ts';
import { findStateDictNets } from '../find-nets.ts';
import { readSettingsFile } from '../read-settings-file.ts';
import type { StatedSettings } from '../family.ts';
import { inferClip } from './read-architecture.ts';

const corpus = join(packageRoot, 'weights-convert', 'corpus', 'clip');

function openFile(name: string): ByteSource {
  return sourceFromBytes(readFileSync(join(corpus, name)), name);
}

const quick: StatedSettings = { activation: 'quick-gelu' };
const files = [
  ['archive.pt', {}],
  ['openai.safetensors', quick],
  ['hugging-face.safetensors', quick],
  ['open-clip.pt', quick],
] as const;

async function open(name: string, stated: StatedSettings = {}): Promise<Weights> {
  const [weights] = await openNets(openFile(name), { stated });
  return weights!;
}

const architecture = {
  ...{ kind: 'clip', embed_dim: 24, activation: 'quick-gelu', image_size: 16, patch: 4 },
  ...{ vision_dim: 64, vision_depth: 1, vision_heads: 1, vision_mlp_size: 256, text_length: 12, text_vocab: 40 },
  ...{ text_dim: 64, text_depth: 1, text_heads: 1, text_mlp_size: 256 },
};

describe.each(files)('%s', (name, stated) => {
  test('has the architecture of its shapes, and every tensor with its numbers', async () => {
    const weights = await open(name, stated);
    expect(weights.architecture).toEqual(architecture);
    expect([...weights.tensors.keys()]).toEqual([...expectedNetTensors(weights.architecture).keys()]);
    const plain = await open('openai.safetensors', quick);
    for (const [tensor, { shape, read }] of plain.tensors) {
      const found = weights.tensors.get(tensor)!;
      expect({ tensor, shape: found.shape }).toEqual({ tensor, shape });
      expect(await found.read()).toEqual(await read());
    }
  });

  test('gives the features and logits of PyTorch', async () => {
    const given = readClipCase('named');
    const tokenizer = { ...numberTokenizer, vocabularySize: 40 };
    const weights = (await open(name, stated)) as WeightsOf<'clip'>;
    const clip = new Clip(weights, tokenizer, { device: openCpuTestDevice() });
    const images = await clip.encodeImages(given.pixels);
    const texts = await clip.encodeText(given.text);
    expectClose(images.data, given.imageFeatures, 16 * given.errors.imageFeatures.maxError);
    expectClose(texts.data, given.textFeatures, 16 * given.errors.textFeatures.maxError);
    await clip.dispose();
  });
});

test('whole numbers are left out by name', async () => {
  expect((await open('archive.pt')).leftOut).toEqual([{ reason: 'sizes, which the tensors tell too', tensors: 3 }]);
  expect((await open('hugging-face.safetensors', quick)).leftOut).toEqual([
    { reason: 'numbers of positions: they are counted', tensors: 2 },
  ]);
});

test('halves stay halves', async () => {
  const { tensors } = await open('hugging-face.safetensors', quick);
  expect(tensors.get('visual.transformer.resblocks.0.attn.in_proj_weight')!.dtype).toBe('F16');
  expect(tensors.get('visual.proj')!.dtype).toBe('F16');
});

describe('the activation', () => {
  const config = (value: unknown): ByteSource => sourceFromBytes(Buffer.from(JSON.stringify(value)), 'config.json');
  const huggingFace = (act: string, more = {}): object => ({
    model_type: 'clip',
    text_config: { hidden_act: act, num_attention_heads: 1 },
    vision_config: { hidden_act: act, num_attention_heads: 1, ...more },
  });
  const openClip = (model: object, vision = {}): object => ({
    model_cfg: { vision_cfg: { width: 64, ...vision }, text_cfg: { heads: 1 }, ...model },
  });
  const openWith = async (name: string, value: unknown, stated: StatedSettings = {}): Promise<unknown> => {
    const settings = await readSettingsFile(config(value));
    const [weights] = await openNets(openFile(name), { settings, stated });
    return (weights!.architecture as ClipArchitecture).activation;
  };

  test('is asked for where nothing tells it', async () => {
    for (const name of ['openai.safetensors', 'hugging-face.safetensors', 'open-clip.pt']) {
      const message = expect.stringMatching(/config\.json.*--activation quick-gelu or --activation gelu/s);
      await expect(openWeights(openFile(name))).rejects.toMatchObject({ code: 'E_ARCHITECTURE', message });
    }
  });

  test.each([
    ['quick-gelu', 'hugging-face.safetensors', huggingFace('quick_gelu')],
    ['gelu', 'hugging-face.safetensors', huggingFace('gelu')],
    [
      'quick-gelu',
      'hugging-face.safetensors',
      { vision_config: { num_attention_heads: 1 }, text_config: { num_attention_heads: 1 } },
    ],
    ['gelu', 'open-clip.pt', openClip({})],
    ['quick-gelu', 'open-clip.pt', openClip({ quick_gelu: true })],
  ])('is %s for %s by the config beside it', async (wanted, name, value) => {
    expect(await openWith(name, value)).toBe(wanted);
  });

  test.each([
    ['two answers', 'hugging-face.safetensors', huggingFace('gelu'), /gelu and quick-gelu/],
    ['another activation', 'hugging-face.safetensors', huggingFace('relu'), /said to be relu/],
    ['another ε', 'hugging-face.safetensors', huggingFace('gelu', { layer_norm_eps: 1e-6 }), /layer_norm_eps/],
    ['another net', 'hugging-face.safetensors', { ...huggingFace('gelu'), model_type: 'siglip' }, /siglip/],
    ['pooling', 'open-clip.pt', openClip({}, { pool_type: 'avg' }), /pool_type/],
    ['a tower of timm', 'open-clip.pt', openClip({}, { timm_model_name: 'vit' }), /timm_model_name/],
    ['heads that do not fit', 'open-clip.pt', openClip({}, { head_width: 48 }), /vision_heads/],
  ])('a config with %s is refused', async (_, name, value, message) => {
    await expect(openWith(name, value, _ === 'two answers' ? quick : {})).rejects.toMatchObject({
      code: 'E_ARCHITECTURE',
      message: expect.stringMatching(message),
    });
  });

  test('is what the classes of an archive are, whatever the caller says', async () => {
    await expect(open('archive.pt', { activation: 'gelu' })).rejects.toMatchObject({
      code: 'E_ARCHITECTURE',
      message: expect.stringContaining('quick-gelu and gelu'),
    });
  });

  test('a config that is no CLIP’s is no settings', async () => {
    expect(await readSettingsFile(config({ vision_config: 3, text_config: 4 }))).toBeUndefined();
  });
});

describe('what is refused', () => {
  /** The file with other tensors. */
  const change = async (edit: (tensors: Map<string, { shape: readonly number[] }>) => void): Promise<unknown> => {
    const { tensors } = await open('openai.safetensors', quick);
    const changed = new Map<string, TensorData>(tensors);
    edit(changed as Map<string, { shape: readonly number[] }>);
    const nets = await findStateDictNets(changed, { name: 'a file', families: FAMILIES, stated: quick });
    return nets.map((net) => makeWeights(net, openFile('openai.safetensors'), 'safetensors'));
  };
  const zeros = (shape: number[]): TensorData => ({
    shape,
    dtype: 'F32',
    read: async () => new Float32Array(shape.reduce((product, size) => product * size, 1)),
  });

  test('a tensor missing, one too many, one of another shape', async () => {
    const name = 'visual.transformer.resblocks.0.ln_1.weight';
    await expect(change((tensors) => tensors.delete(name))).rejects.toMatchObject({
      code: 'E_KEYS_MISSING',
      message: expect.stringMatching(/a CLIP .*Missing: visual\.transformer\.resblocks\.0\.ln_1\.weight \[64\]/s),
    });
    await expect(change((tensors) => tensors.set('visual.ln_mid.weight', zeros([64])))).rejects.toMatchObject({
      code: 'E_KEYS_EXTRA',
      message: expect.stringContaining('visual.ln_mid.weight'),
    });
    await expect(change((tensors) => tensors.set(name, zeros([63])))).rejects.toMatchObject({
      code: 'E_KEYS_SHAPE',
      message: expect.stringMatching(/ln_1\.weight \(wanted \[64\], got \[63\]\)/),
    });
  });

  test('a third of queries, keys and values missing', async () => {
    const weights = await listSafetensors(openFile('hugging-face.safetensors'));
    weights.delete('text_model.encoder.layers.0.self_attn.k_proj.weight');
    const [net] = await findStateDictNets(weights, { name: 'a file', families: FAMILIES, stated: quick });
    const find = (): unknown => makeWeights(net!, openFile('hugging-face.safetensors'), 'safetensors');
    expect(find).toThrow(expect.objectContaining({ code: 'E_KEYS_MISSING' }));
    expect(find).toThrow(/in_proj_weight.*text_model\.encoder\.layers\.0\.self_attn\.q_proj\.weight/s);
  });

  test('heads that cannot be seen', async () => {
    const found = { settings: undefined, stated: quick, sourceName: 'a file' };
    const { tensors } = await open('openai.safetensors', quick);
    const shapes = new Map(
      [...tensors].map(([name, { shape }]) => [name, shape.map((size) => (size === 64 ? 1280 : size))]),
    );
    expect(() => inferClip({ ...found, shapes })).toThrow(/open_clip_config\.json/);
  });

  test('a ResNet, by its name', async () => {
    const tensors = new Map([
      ['visual.attnpool.positional_embedding', zeros([50, 32])],
      ['visual.layer1.0.conv1.weight', zeros([8, 8, 1, 1])],
      ['token_embedding.weight', zeros([40, 32])],
    ]);
    await expect(findStateDictNets(tensors, { name: 'RN50.pt', families: FAMILIES })).rejects.toMatchObject({
      code: 'E_NET_UNSUPPORTED',
      message: expect.stringMatching(/RN50\.pt holds a CLIP with a ResNet.*ViT-B-32\.pt/s),
    });
  });
});

describe('an archive', () => {
  /** The archive packed again, with other bytes in some of its entries. */
  const repack = async (
    edit: (name: string, data: Buffer) => Buffer,
    more: readonly EntryPlan[] = [],
  ): Promise<ByteSource> => {
    const archive = openFile('archive.pt');
    const entries: EntryPlan[] = [];
    for (const { name, offset, size, packed, crc } of (await openZip(archive)).values()) {
      const raw = Buffer.from(await archive.read(offset, packed ?? size));
      const isDeflated = packed !== undefined;
      const lies = isDeflated ? { method: 8, size, packed, crc, localPacked: packed, localSize: size } : {};
      entries.push({ name, data: isDeflated ? raw : edit(name, raw), ...lies });
    }
    return sourceFromBytes(assembleZip([...entries, ...more]), 'archive.pt');
  };
  const same = (_: string, data: Buffer): Buffer => data;
  /** The data with a few opcodes before its last, which leave the stack as it was. */
  const inject = (name: string, data: Buffer, opcodes: Uint8Array): Buffer =>
    name === 'archive/data.pkl' ? Buffer.concat([data.subarray(0, -1), opcodes, Buffer.from('.')]) : data;

  test('that is packed again is read', async () => {
    expect((await openWeights(await repack(same))).architecture).toEqual(architecture);
  });

  test.each([
    ['E_PICKLE_EXEC_ATTEMPT', 'a name that runs code', joinBytes(global('os', 'system'), '0')],
    ['E_PICKLE_EXEC_ATTEMPT', 'a call of one', joinBytes(call(global('builtins', 'exec'), text('1')), '0')],
    ['E_PICKLE_UNKNOWN_CALL', 'a call of a name of the program', joinBytes(call(global('__torch__.a', 'run')), '0')],
  ])('with %s: %s', async (code, _, opcodes) => {
    const source = await repack((name, data) => inject(name, data, opcodes));
    const error: unknown = await openWeights(source).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code });
    expect(error instanceof UnsafeFileError).toBe(code === 'E_PICKLE_EXEC_ATTEMPT');
  });

  test('with a name that runs code in a deflated file of the program', async () => {
    const data = pickle(global('os', 'system'), '0N');
    const packed = deflateRawSync(data);
    const lies = { method: 8, size: data.length, packed: packed.length, crc: crc32(data), localPacked: packed.length };
    const hidden = { name: 'archive/code/x.debug_pkl', data: packed, localSize: data.length, ...lies };
    await expect(openWeights(await repack(same, [hidden]))).rejects.toMatchObject({ code: 'E_PICKLE_EXEC_ATTEMPT' });
    const lying = await repack(same, [{ ...hidden, size: 5, localSize: 5 }]);
    await expect(openWeights(lying)).rejects.toMatchObject({ code: 'E_PICKLE_TRAILING' });
  });

  test('with a storage cut or changed', async () => {
    const cut = await repack((name, data) => (name === 'archive/data/0' ? data.subarray(1) : data));
    await expect(openWeights(cut)).rejects.toMatchObject({ code: 'E_TENSOR_STORAGE' });
    const bytes = Buffer.from(readFileSync(join(corpus, 'archive.pt')));
    const { offset } = (await openZip(openFile('archive.pt'))).get('archive/data/0')!;
    bytes[offset]! ^= 1;
    const weights = await openWeights(sourceFromBytes(bytes, 'archive.pt'));
    const readAll = async (): Promise<void> => {
      for (const { read } of weights.tensors.values()) await read();
    };
    await expect(readAll()).rejects.toMatchObject({ code: 'E_ZIP_CRC' });
  });

  test('with another activation than two, or with two', async () => {
    const rename = (from: string, to: string) => (name: string, data: Buffer) =>
      name === 'archive/data.pkl' ? Buffer.from(data.toString('latin1').replace(from, to), 'latin1') : data;
    await expect(openWeights(await repack(rename('\nQuickGELU\n', '\nMishGELU0\n')))).rejects.toMatchObject({
      code: 'E_ARCHITECTURE',
      message: expect.stringContaining('MishGELU0'),
    });
  });
});
