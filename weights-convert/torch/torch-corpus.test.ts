/** Files made by PyTorch 1.13 (corpus/make_corpus.py), both containers, every tensor compared bit for bit. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { sourceFromBytes, type ByteSource } from '../byte-source.ts';
import { openWeights } from '../open-weights.ts';
import { globalName, isRecord, recordChildren, stringEntries, type PickleValue } from '../pickle/records.ts';
import { sniffContainer } from '../sniff.ts';
import { collectModuleTensors, listModules } from '../contents/state-dict.ts';
import { STORAGE_DTYPES, TORCH_DTYPES } from './dtypes.ts';
import { interpretTensor, type TensorRecord } from './tensor-record.ts';
import { openTorchLegacy } from './torch-legacy.ts';
import { openTorchZip } from './torch-zip.ts';
import type { TorchFile } from './torch-file.ts';

interface ExpectedTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
  readonly offset: number;
  readonly float32: string;
}

const folder = new URL('../corpus/torch/', import.meta.url);
const expected = JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8')) as Record<
  string,
  Record<string, ExpectedTensor>
>;

const DTYPES: Record<string, string> = {
  float64: 'F64',
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
  int64: 'I64',
  int32: 'I32',
  int16: 'I16',
  int8: 'I8',
  uint8: 'U8',
  bool: 'BOOL',
};

function openCorpus(name: string): ByteSource {
  return sourceFromBytes(readFileSync(new URL(name, folder)), name);
}

async function expectTensor(file: TorchFile, tensor: TensorRecord, wanted: ExpectedTensor): Promise<void> {
  expect(tensor.dtype).toBe(DTYPES[wanted.dtype]);
  expect(tensor.shape).toEqual(wanted.shape);
  expect(tensor.stride).toEqual(wanted.stride);
  expect(tensor.offset).toBe(wanted.offset);
  const values = await file.readTensor(tensor);
  expect(Buffer.from(values.buffer).toString('base64')).toBe(wanted.float32);
}

/** Every tensor below a value, by the labels on the way to it. */
function findTensors(file: TorchFile): Map<string, TensorRecord> {
  const found = new Map<string, TensorRecord>();
  const visit = (value: PickleValue, path: string): void => {
    const tensor = interpretTensor(value, file.storages);
    if (tensor) found.set(path, tensor);
    else if (isRecord(value)) for (const [label, child] of recordChildren(value)) visit(child, path + label);
  };
  visit(file.root, 'root');
  return found;
}

/** The tensors of a plain state dict. */
function listStateDict(file: TorchFile): Map<string, TensorRecord> {
  const entries = [...stringEntries(file.root)!];
  return new Map(entries.map(([name, value]) => [name, interpretTensor(value, file.storages)!]));
}

describe.each([
  ['zip', 'torch-zip', openTorchZip],
  ['legacy', 'torch-legacy', openTorchLegacy],
] as const)('%s container', (prefix, container, openTorch) => {
  const dicts = ['state-dict', 'element-types', 'untyped'];
  const cases = dicts.flatMap((dict) => Object.keys(expected[dict]!).map((name) => [dict, name] as const));

  test.each(cases)('%s: %s', async (dict, name) => {
    const source = openCorpus(`${prefix}-${dict}.pt`);
    expect(await sniffContainer(source)).toBe(container);
    const file = await openTorch(source);
    const tensors = listStateDict(file);
    expect([...tensors.keys()]).toEqual(Object.keys(expected[dict]!));
    await expectTensor(file, tensors.get(name)!, expected[dict]![name]!);
  });

  test('a whole module, its parts named as by state_dict()', async () => {
    const file = await openTorch(openCorpus(`${prefix}-module.pt`));
    const tensors = collectModuleTensors(listModules(file.root), file.storages);
    expect([...tensors.keys()]).toEqual(Object.keys(expected['module']!));
    for (const [name, tensor] of tensors) await expectTensor(file, tensor, expected['module']![name]!);
    const [first, second] = ['first.weight', 'second.weight'].map((name) => tensors.get(name)!.storage.storage);
    expect(first).toBe(second);
  });

  test.each([
    ['complex', 'E_TENSOR_DTYPE'],
    ['quantised', 'E_TENSOR_DTYPE'],
  ])('%s numbers are refused by name: %s', async (name, code) => {
    await expect(openWeights(openCorpus(`${prefix}-${name}.pt`))).rejects.toMatchObject({ code });
  });

  test('every class of storage and every element type is in the corpus', async () => {
    const named = new Set<string>();
    for (const dict of dicts) {
      const { globals } = await openTorch(openCorpus(`${prefix}-${dict}.pt`));
      for (const record of globals) named.add(globalName(record)!);
    }
    expect([...STORAGE_DTYPES.keys()].filter((name) => !named.has(name))).toEqual([]);
    expect([...TORCH_DTYPES.keys()].filter((name) => !named.has(name))).toEqual([]);
  });

  test('tensors in lists, tuples and dicts', async () => {
    const file = await openTorch(openCorpus(`${prefix}-nested.pt`));
    const tensors = findTensors(file);
    expect([...tensors.keys()]).toEqual(Object.keys(expected['nested']!));
    for (const [path, tensor] of tensors) await expectTensor(file, tensor, expected['nested']![path]!);
  });

  test('shared storages stay shared', async () => {
    const file = await openTorch(openCorpus(`${prefix}-state-dict.pt`));
    const tensors = listStateDict(file);
    expect(tensors.get('shared_part')!.storage.storage).toBe(tensors.get('shared_whole')!.storage.storage);
    expect(tensors.get('tied')!.storage.storage).toBe(tensors.get('contiguous')!.storage.storage);
  });
});
