/**
 * Whatever the bytes are: a result or one of our errors, soon. Small valid files cut at every byte and changed in every
 * byte, any bytes at all, and programs of random opcodes. What takes longer is the fuzzer's (test/fuzz).
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DalleError, FormatError } from '../../base/errors.ts';
import { openWeights, readNpy, sourceFromBytes, writeNpy, type ByteSource } from '../../weights-convert/index.ts';
import { openNpz } from '../../weights-convert/numpy/npy-tensor.ts';
import { decodePickle } from '../../weights-convert/pickle/decode-pickle.ts';
import { OPCODES } from '../../weights-convert/pickle/opcodes.ts';
import { isRecord, recordChildren, type PickleValue } from '../../weights-convert/pickle/records.ts';
import { openShardedSafetensors, openShards } from '../../weights-convert/safetensors/open-shards.ts';
import { openSafetensors } from '../../weights-convert/safetensors/read-safetensors.ts';
import { formatShardIndex } from '../../weights-convert/safetensors/shard-index.ts';
import { writeSafetensors } from '../../weights-convert/safetensors/write-safetensors.ts';
import { readTokenizer } from '../../weights-convert/model-folder/tokenizer-file.ts';
import { interpretTensor } from '../../weights-convert/torch/tensor-record.ts';
import { openTorchLegacy } from '../../weights-convert/torch/torch-legacy.ts';
import { openTorchZip } from '../../weights-convert/torch/torch-zip.ts';
import type { TorchFile } from '../../weights-convert/torch/torch-file.ts';
import { assembleZip } from './zip-assembler.ts';

/** Every tensor below the root, read; each record visited once. */
async function readAllTensors(file: TorchFile): Promise<number[][]> {
  const tensors: number[][] = [];
  const pending: PickleValue[] = [file.root];
  const seen = new Set<PickleValue>(pending);
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    const tensor = interpretTensor(value, file.storages);
    if (tensor) tensors.push([...(await file.readTensor(tensor))]);
    if (!isRecord(value)) continue;
    for (const [, child] of recordChildren(value)) {
      if (isRecord(child) && !seen.has(child)) pending.push(child);
      seen.add(child);
    }
  }
  return tensors;
}

type Read = (bytes: Uint8Array) => Promise<unknown>;

const readZip: Read = async (bytes) => readAllTensors(await openTorchZip(sourceFromBytes(bytes, 'x')));
const readLegacy: Read = async (bytes) => readAllTensors(await openTorchLegacy(sourceFromBytes(bytes, 'x')));
const readSafetensors: Read = async (bytes) => {
  const { tensors } = await openSafetensors(sourceFromBytes(bytes, 'x'));
  return Promise.all([...tensors.values()].map((tensor) => tensor.read()));
};

async function makeSafetensors(): Promise<Uint8Array> {
  const blocks: Uint8Array[] = [];
  const values = Float32Array.of(1, 2, 3, 4);
  const tensor = (shape: number[]) => ({ shape, read: async () => values });
  const tensors = new Map([
    ['a', tensor([2, 2])],
    ['b', tensor([4])],
  ]);
  for await (const block of writeSafetensors(tensors, 'f32')) blocks.push(block);
  return Buffer.concat(blocks);
}

/** A checkpoint in one shard, whose index is what gets damaged. */
const readIndex: Read = async (bytes) => {
  const shard = await makeSafetensors();
  const openSibling = async (name: string): Promise<ByteSource> => sourceFromBytes(shard, name);
  const source = await openShards(sourceFromBytes(bytes, 'x'), openSibling);
  return [...(await openShardedSafetensors(source)).keys()];
};

const readArchive: Read = async (bytes) => {
  const arrays = await openNpz(sourceFromBytes(bytes, 'x'));
  return Promise.all([...arrays.values()].map(async (array) => [...(await array.read())]));
};

/** A tokenizer is recognised or it is not: the latter counts as refused. */
const readTokenizerFile: Read = async (bytes) => {
  const text = await readTokenizer(sourceFromBytes(bytes, 'x'));
  if (text === undefined) throw new FormatError('E_TOKENIZER_FILE', 'no tokenizer');
  return text;
};

const smallNpy = writeNpy({ dtype: 'int32', shape: [2, 2], data: Int32Array.of(1, 2, 3, 4) });
const smallTokenizer =
  '{"version": "1.0", "model": {"type": "BPE", "vocab": {"a": 0, "\\u00e9": 1e0}, "merges": [["a", "b"]]}}';
const corpus = new URL('../../weights-convert/corpus/torch/', import.meta.url);
const pickles = new URL('../../weights-convert/corpus/pickle/', import.meta.url);
const files: [name: string, bytes: Uint8Array, read: Read][] = [
  ['zip', readFileSync(new URL('zip-nested.pt', corpus)), readZip],
  ['legacy', readFileSync(new URL('legacy-nested.pt', corpus)), readLegacy],
  ['safetensors', await makeSafetensors(), readSafetensors],
  ['npy', smallNpy, async (bytes) => readNpy(bytes)],
  ['npz', assembleZip([{ name: 'a.npy', data: smallNpy }]), readArchive],
  ['index', Buffer.from(formatShardIndex(new Map([['x.safetensors', new Set(['a', 'b'])]]), 32).trim()), readIndex],
  ['tokenizer', Buffer.from(smallTokenizer), readTokenizerFile],
  ...[0, 2, 5].map((protocol): [string, Uint8Array, Read] => [
    `pickle of protocol ${protocol}`,
    readFileSync(new URL(`protocol-${protocol}.pkl`, pickles)),
    async (bytes) => decodePickle(bytes).length,
  ]),
];

/** The result, or our error; anything else fails the test. */
async function outcomeOf(work: Promise<unknown>): Promise<unknown> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof DalleError) return error;
    throw error;
  }
}

describe.each(files)('%s', (name, bytes, read) => {
  test('is valid as it is', async () => {
    expect(await outcomeOf(read(bytes))).not.toBeInstanceOf(DalleError);
  });

  test('cut at every byte is refused', async () => {
    for (let length = 0; length < bytes.length; length++) {
      if (!((await outcomeOf(read(bytes.subarray(0, length)))) instanceof DalleError)) {
        expect.unreachable(`${length} bytes were accepted`);
      }
    }
  });

  test('with any one byte changed is read or refused, and openWeights agrees to be calm', async () => {
    const valid = JSON.stringify(await read(bytes));
    for (let index = 0; index < bytes.length; index++) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const changed = Uint8Array.from(bytes);
        changed[index]! ^= flip;
        const outcome = await outcomeOf(read(changed));
        await outcomeOf(openWeights(sourceFromBytes(changed, 'x')));
        // A zip has checksums: what is in it comes out right or not at all.
        const isWrong =
          (name === 'zip' || name === 'npz') && !(outcome instanceof DalleError) && JSON.stringify(outcome) !== valid;
        if (isWrong) expect.unreachable(`byte ${index} changed by ${flip} went unnoticed`);
      }
    }
  });
});

test('a transformer cut at every byte is refused', async () => {
  const whole = readFileSync(new URL('../dalle-pytorch/plain.pt', corpus));
  for (let length = 0; length < whole.length; length++) {
    const outcome = await outcomeOf(openWeights(sourceFromBytes(whole.subarray(0, length), 'x')));
    if (!(outcome instanceof DalleError)) expect.unreachable(`${length} bytes were accepted`);
  }
});

test('a tokenizer is what JSON.parse reads as an object with a model', async () => {
  const isTokenizer = (text: string): boolean => {
    try {
      const value: unknown = JSON.parse(text);
      const model: unknown =
        typeof value === 'object' && value !== null && Object.getOwnPropertyDescriptor(value, 'model')?.value;
      return typeof model === 'object' && model !== null && !Array.isArray(model);
    } catch {
      return false;
    }
  };
  const model = fc.oneof({ weight: 4, arbitrary: fc.object({ maxDepth: 4 }) }, fc.jsonValue());
  const file = fc.tuple(
    fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })),
    model,
    fc.integer({ min: 0, max: 4 }),
  );
  await fc.assert(
    fc.asyncProperty(file, fc.nat(), fc.string({ maxLength: 1 }), async ([other, value, spaces], at, replaced) => {
      const whole = JSON.stringify({ ...other, model: value }, null, spaces);
      const spoiled = whole.slice(0, at % whole.length) + replaced + whole.slice((at % whole.length) + 1);
      for (const text of [whole, spoiled]) {
        const outcome = await outcomeOf(readTokenizerFile(Buffer.from(text)));
        // What stands for itself alone, half a surrogate, is not UTF-8 and so never in a file.
        if (Buffer.from(text).toString() !== text) continue;
        expect(outcome instanceof DalleError, text).toBe(!isTokenizer(text));
      }
    }),
    { numRuns: 500 },
  );
});

test('any bytes at all', async () => {
  const starts = fc.constantFrom(
    '',
    'PK\x03\x04',
    '\x80\x02',
    '\x93NUMPY\x01\x00',
    '\x08\x00\x00\x00\x00\x00\x00\x00{',
  );
  await fc.assert(
    fc.asyncProperty(starts, fc.uint8Array({ maxLength: 300 }), async (start, rest) => {
      const bytes = Buffer.concat([Buffer.from(start, 'latin1'), rest]);
      await outcomeOf(openWeights(sourceFromBytes(bytes, 'x')));
      for (const [, , read] of files) await outcomeOf(read(bytes));
    }),
    { numRuns: 1000 },
  );
});

test('programs of opcodes', () => {
  const argument = fc.oneof(
    fc.uint8Array({ maxLength: 5 }),
    fc.constantFrom(Buffer.from('0\n'), Buffer.from('a\nb\n')),
  );
  const step = fc.tuple(
    fc.constantFrom(...OPCODES.keys()),
    fc.oneof({ weight: 3, arbitrary: fc.constant(new Uint8Array(0)) }, argument),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const bytes = Buffer.concat([
        ...steps.flatMap(([opcode, operand]) => [Buffer.of(opcode), operand]),
        Buffer.from('.'),
      ]);
      try {
        decodePickle(bytes);
      } catch (error) {
        if (!(error instanceof DalleError)) throw error;
      }
    }),
    { numRuns: 5000 },
  );
});
