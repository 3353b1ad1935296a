/** What inspection tells of each container, of attacks, and of files that are broken; and that it stays small. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DalleError, UnsafeFileError } from '../../base/errors.ts';
import { attacks } from '../../test/hostile/attacks.ts';
import { call, dict, global, join, pickle, tensor, text, tuple } from '../../test/hostile/pickle-assembler.ts';
import { torchZip } from '../../test/hostile/torch-assembler.ts';
import { sourceFromBytes } from '../byte-source.ts';
import { writeNpy } from '../numpy/npy.ts';
import { OPCODES } from '../pickle/opcodes.ts';
import { writeSafetensors } from '../safetensors/write-safetensors.ts';
import { inspectFile, type InspectionResult } from './inspect-file.ts';
import { OPCODE_EFFECTS } from './opcode-effects.ts';

function inspect(bytes: Uint8Array, explain = false): Promise<InspectionResult> {
  return inspectFile(sourceFromBytes(bytes, 'a file'), { explain });
}

async function inspectCorpus(name: string): Promise<InspectionResult> {
  return inspect(readFileSync(new URL(`../corpus/${name}`, import.meta.url)));
}

describe('tensors', () => {
  const wanted = JSON.parse(readFileSync(new URL('../corpus/torch/expected.json', import.meta.url), 'utf8'));

  test.each(['zip', 'legacy'])('of PyTorch, %s: names, shapes, strides, offsets, sharing', async (kind) => {
    const { inspection, failure } = await inspectCorpus(`torch/${kind}-state-dict.pt`);
    expect(failure).toBeUndefined();
    expect(inspection.container).toBe(`torch-${kind}`);
    const tensors = new Map(inspection.tensors.items.map((item) => [item.name, item]));
    const expected: Record<string, { shape: number[]; stride: number[]; offset: number }> = wanted['state-dict'];
    expect([...tensors.keys()].sort()).toEqual(Object.keys(expected).sort());
    for (const [name, { shape, stride, offset }] of Object.entries(expected)) {
      expect(tensors.get(name)).toMatchObject({ shape, stride, offset });
    }
    expect(tensors.get('tied')!.sharedWith).toEqual(['contiguous']);
    expect(tensors.get('shared_part')).toMatchObject({ offset: 4, bytes: 16, sharedWith: ['shared_whole'] });
    expect(tensors.get('bfloat16')).toMatchObject({ dtype: 'BF16', bytes: 58, sharedWith: [] });
  });

  test('lie where they are said to', async () => {
    const bytes = readFileSync(new URL('../corpus/torch/zip-state-dict.pt', import.meta.url));
    const { inspection } = await inspect(bytes);
    const { position } = inspection.tensors.items.find(({ name }) => name === 'scalar')!;
    expect(new DataView(bytes.buffer, bytes.byteOffset + position).getFloat32(0, true)).toBe(2.5);
  });

  test('of safetensors, with notes and types that are not read', async () => {
    const one = '"a":{"dtype":"F8_E4M3","shape":[2,2],"data_offsets":[0,4]}';
    const header = Buffer.from(`{"__metadata__":{"format":"pt"},${one}}`);
    const length = Buffer.alloc(8);
    length.writeUInt32LE(header.length);
    const { inspection, failure } = await inspect(Buffer.concat([length, header, Buffer.alloc(4)]));
    expect(failure).toBeUndefined();
    expect(inspection.tensors.items).toEqual([
      {
        name: 'a',
        dtype: 'F8_E4M3',
        shape: [2, 2],
        stride: [2, 1],
        offset: 0,
        storage: null,
        position: 8 + header.length,
        bytes: 4,
        sharedWith: [],
      },
    ]);
    expect(inspection.values.items).toEqual([{ path: 'format', text: '"pt"' }]);
    expect(inspection.refusal).toMatchObject({ code: 'E_TENSOR_DTYPE' });
  });

  test('of NumPy', async () => {
    const array = writeNpy({ dtype: 'float32', shape: [2, 3], data: new Float32Array(6) });
    const { inspection } = await inspect(array);
    expect(inspection).toMatchObject({ container: 'npy', tensors: { items: [{ dtype: 'F32', shape: [2, 3] }] } });
  });
});

describe('what a file is', () => {
  test('the net of a module, with its settings and names', async () => {
    const path = '../../test/golden/hidden-4/encoder.zip.channels-last.pkl';
    const { inspection } = await inspect(readFileSync(new URL(path, import.meta.url)));
    expect(inspection.nets).toEqual([expect.stringContaining('dvae-encoder (n_hid 4')]);
    expect(inspection.looksLike).toMatchObject([{ name: "OpenAI's dVAE, one part" }]);
    expect(inspection.refusal).toBeNull();
    expect(inspection.globals.items.every(({ status }) => status === 'allowed')).toBe(true);
    expect(inspection.values.items).toContainEqual({ path: 'n_hid', text: '4' });
    expect(inspection.tensors.items[0]).toMatchObject({ name: 'blocks.input.w', stride: [147, 1, 21, 3] });
    expect(inspection.opcodes).toBeUndefined();
  });

  test('a published net that dalle-gl cannot compute, within the dicts of a trainer', async () => {
    const four = tensor('0', 1, [1, 1, 1, 1], [1, 1, 1, 1]);
    const stage1 = { 'encoder.conv_in.weight': four, 'quant_conv.weight': four, 'post_quant_conv.weight': four };
    const state = Object.fromEntries(Object.entries(stage1).map(([name, piece]) => [`stage1.${name}`, piece]));
    const file = torchZip(pickle(dict({ epoch: 'K\x03', state_dict: dict(state) })), { 0: 1 });
    const { inspection } = await inspect(file);
    expect(inspection.looksLike).toMatchObject([{ name: expect.stringContaining('autoencoder'), isSupported: false }]);
    expect(inspection.nets).toEqual([]);
  });

  test('no checkpoint at all', async () => {
    await expect(inspect(Buffer.from('<html>'))).rejects.toMatchObject({ code: 'E_FORMAT_UNKNOWN' });
  });

  test.each([0, 1, 2, 3, 4, 5])('a bare pickle of protocol %i', async (protocol) => {
    const { inspection, failure } = await inspectCorpus(`pickle/protocol-${protocol}.pkl`);
    expect(failure).toBeUndefined();
    expect(inspection.container).toBe('pickle');
    expect(inspection.globals.items[0]).toMatchObject({ name: 'geometry.Point', status: 'unknown' });
    expect(inspection.values.items).toContainEqual({ path: 'point.label', text: '"p"' });
    expect(inspection.values.items).toContainEqual({ path: 'cyclic[0]', text: 'the same object as cyclic' });
  });
});

describe('attacks', () => {
  const system = call(global('os', 'system'), text('touch /tmp/x'));

  test('are shown whole: what is named, what would be called, and the tensors beside it', async () => {
    const state = dict({ a: tensor('0', 4, [2, 2], [1, 2]), b: system });
    const { inspection, failure } = await inspect(torchZip(pickle(state), { 0: 4 }));
    expect(failure).toBeInstanceOf(UnsafeFileError);
    expect(inspection.globals.items[0]).toMatchObject({ name: 'os.system', status: 'runs code', count: 1 });
    expect(inspection.values.items).toContainEqual({ path: 'b', text: 'os.system("touch /tmp/x")' });
    expect(inspection.tensors.items).toMatchObject([{ name: 'a', stride: [1, 2] }]);
  });

  test('are found before a break, in any protocol', async () => {
    const broken = await inspect(torchZip(pickle(system, 'Q\xff')));
    expect(broken.failure).toMatchObject({ code: 'E_PICKLE_EXEC_ATTEMPT' });
    expect(broken.inspection.globals.items).toMatchObject([{ name: 'os.system', status: 'runs code', place: null }]);
    const unmarked = await inspect(join('(lp0\n0cposix\nsystem\n(S"id"\ntRx'));
    expect(unmarked.failure).toMatchObject({ code: 'E_PICKLE_EXEC_ATTEMPT' });
    const shortest = await inspect(join('\x8c\x02os\x8c\x06system\x93)R.'));
    expect(shortest.failure).toMatchObject({ code: 'E_PICKLE_EXEC_ATTEMPT' });
  });

  // Inspecting reads no numbers, and so no checksums of them; and words are no checkpoint.
  const visible = attacks.filter(({ name, code }) => name !== 'one bit of one weight' && code !== 'E_TOKENIZER_FILE');

  test.each(visible.map((attack) => [attack.code, attack.name, attack] as const))('%s: %s', async (code, _, attack) => {
    const openSibling = (name: string): Promise<never> => Promise.reject(new Error(`asked for the file ${name}`));
    const source = { ...sourceFromBytes(attack.make(), 'a file'), openSibling };
    const result = await inspectFile(source).catch((error: unknown) => error as DalleError);
    if (result instanceof DalleError) {
      expect(result.code).toBe(code);
      return;
    }
    expect(result.inspection.refusal).toMatchObject({ code });
    expect(result.failure instanceof UnsafeFileError).toBe(code === 'E_PICKLE_EXEC_ATTEMPT');
    expect(JSON.stringify(result.inspection).length).toBeLessThan(2_000_000);
  });

  test('cannot disturb a terminal', async () => {
    const { inspection } = await inspect(pickle(dict({ 'a\x1b[2J\u202e': text('\x9b2J') })));
    expect(inspection.values.items).toEqual([{ path: 'a\ufffd[2J\ufffd', text: '"\ufffd2J"' }]);
  });

  test('with 2^60 references to one list stay small', async () => {
    const nested = Array.from({ length: 60 }, (_, i) =>
      join('](', ...Array(2).fill(join('h', Uint8Array.of(i))), 'eq', Uint8Array.of(i + 1)),
    );
    const { inspection } = await inspect(pickle('](K\x01eq\x00', ...nested));
    expect(inspection.values.items.length).toBeLessThan(200);
  });
});

describe('broken files', () => {
  test('a tensor outside its storage is told beside the good ones', async () => {
    const state = dict({ good: tensor('0', 4, [4], [1]), bad: tensor('0', 4, [5], [1]) });
    const { inspection, failure } = await inspect(torchZip(pickle(state), { 0: 4 }));
    expect(inspection.tensors.items.map(({ name }) => name)).toEqual(['good']);
    expect(inspection.problems.items).toMatchObject([{ place: 'bad', code: 'E_TENSOR_GEOMETRY' }]);
    expect(failure).toMatchObject({ code: 'E_TENSOR_GEOMETRY' });
  });

  test('a type that is not read breaks nothing', async () => {
    const id = tuple(text('storage'), global('torch', 'ComplexFloatStorage'), text('0'), text('cpu'), 'K\x01');
    const complex = call(global('torch._utils', '_rebuild_tensor_v2'), join(id, 'Q'), 'K\x00', ')', ')', '\x89', 'N');
    const { inspection, failure } = await inspect(torchZip(pickle(dict({ z: complex })), { 0: 2 }));
    expect(failure).toBeUndefined();
    expect(inspection.problems.items).toMatchObject([{ place: 'z', code: 'E_TENSOR_DTYPE' }]);
  });

  test('any bytes give an inspection or an error of ours, and little text', async () => {
    const starts = fc.constantFrom(
      '',
      '\x80\x02',
      'PK\x03\x04',
      '\x93NUMPY\x01\x00',
      '(l',
      '\x80\x02}(X\x01\x00\x00\x00a',
    );
    const bytes = fc.tuple(starts, fc.uint8Array({ maxLength: 200 })).map(([start, rest]) => join(start, rest));
    await fc.assert(
      fc.asyncProperty(bytes, fc.boolean(), async (file, explain) => {
        const result = await inspect(file, explain).catch((error: unknown) => error);
        if (result instanceof DalleError) return;
        expect(JSON.stringify((result as InspectionResult).inspection).length).toBeLessThan(500_000);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('an explanation', () => {
  test('has a sentence for every opcode there is', () => {
    expect([...OPCODE_EFFECTS.keys()].sort()).toEqual([...OPCODES.values()].map(({ name }) => name).sort());
  });

  test('walks the pickle: offsets, arguments, depth', async () => {
    const { inspection } = await inspect(pickle(call(global('os', 'system'), text('id'))), true);
    const [opcodes] = inspection.opcodes!;
    expect(opcodes!.items.map(({ offset, opcode, argument, depth }) => [offset, opcode, argument, depth])).toEqual([
      [0, 'PROTO', '2', 0],
      [2, 'GLOBAL', 'os.system', 1],
      [13, 'MARK', '', 1],
      [14, 'BINUNICODE', '"id"', 2],
      [21, 'TUPLE', '("id")', 2],
      [22, 'REDUCE', 'os.system("id")', 1],
      [23, 'STOP', 'os.system("id")', 0],
    ]);
    expect(opcodes!.items[5]!.effect).toContain('only noted');
  });

  test('covers each pickle of a legacy file, and stops where a pickle breaks', async () => {
    const legacy = readFileSync(new URL('../corpus/torch/legacy-nested.pt', import.meta.url));
    expect((await inspect(legacy, true)).inspection.opcodes).toHaveLength(5);
    const { inspection } = await inspect(pickle('K\x01', 'R'), true);
    expect(inspection.opcodes![0]!.items.map(({ opcode }) => opcode)).toEqual(['PROTO', 'BININT1']);
  });

  test('is bounded', async () => {
    const { inspection } = await inspect(pickle(...Array<string>(30_000).fill('N0'), 'N'), true);
    expect(inspection.opcodes![0]!.items).toHaveLength(20_000);
    expect(inspection.opcodes![0]!.leftOut).toBe(60_003 - 20_000);
  });

  test('of a file without a pickle is empty', async () => {
    const blocks: Uint8Array[] = [];
    for await (const block of writeSafetensors(new Map(), 'f32')) blocks.push(block);
    expect((await inspect(Buffer.concat(blocks), true)).inspection.opcodes).toEqual([]);
  });
});
