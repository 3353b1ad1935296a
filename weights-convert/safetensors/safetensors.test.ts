/** What is written reads back bit for bit; every rule of the reference reader refuses the file that breaks it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { safetensors, safetensorsAttacks } from '../../test/hostile/safetensors-attacks.ts';
import { sourceFromBytes } from '../byte-source.ts';
import { openSafetensors } from './read-safetensors.ts';
import { measureSafetensors, writeSafetensors, type WeightDtype, type WritableTensor } from './write-safetensors.ts';

async function write(
  tensors: ReadonlyMap<string, WritableTensor>,
  dtype: WeightDtype | undefined,
): Promise<Uint8Array> {
  const blocks: Uint8Array[] = [];
  for await (const block of writeSafetensors(tensors, dtype)) blocks.push(block);
  return Buffer.concat(blocks);
}

function tensorOf(shape: readonly number[], values: Float32Array): WritableTensor {
  return { shape, read: async () => values };
}

async function* pieces(bits: Uint16Array): AsyncGenerator<Uint16Array> {
  for (let from = 0; from < bits.length; from += 1000) yield bits.slice(from, from + 1000);
}

const open = (bytes: Uint8Array): ReturnType<typeof openSafetensors> =>
  openSafetensors(sourceFromBytes(bytes, 'a file'));

describe('round trip', () => {
  const tensor = fc.array(fc.nat(4), { maxLength: 3 }).chain((shape) => {
    const length = shape.reduce((product, size) => product * size, 1);
    const bits = fc.array(fc.integer({ min: 0, max: 0xffffffff }), { minLength: length, maxLength: length });
    return bits.map((words) => tensorOf(shape, new Float32Array(Uint32Array.from(words).buffer)));
  });

  test('float32 keeps every bit, under any name', async () => {
    const name = fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom('__proto__', 'constructor', 'a"b\\c', '\u0000'));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, tensor), { maxLength: 5 }), async (entries) => {
        const tensors = new Map(entries.filter(([key]) => key !== '__metadata__'));
        const bytes = await write(tensors, 'f32');
        expect(bytes.length).toBe(measureSafetensors(tensors, 'f32'));
        const file = await open(bytes);
        expect([...file.tensors.keys()].sort()).toEqual([...tensors.keys()].sort());
        for (const [key, { shape, read }] of tensors) {
          const got = file.tensors.get(key)!;
          expect(got.shape).toEqual(shape);
          expect(new Uint32Array((await got.read()).buffer)).toEqual(new Uint32Array((await read()).buffer));
        }
      }),
      { numRuns: 200 },
    );
  });

  test('halves are copied by their bits, NaN and all', async () => {
    const bits = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i);
    const halves = { ...tensorOf([2 ** 16], new Float32Array(0)), readHalves: () => pieces(bits) };
    const bytes = await write(new Map([['w', halves]]), 'f16');
    const read: number[] = [];
    for await (const piece of (await open(bytes)).tensors.get('w')!.readHalves!()) read.push(...piece);
    expect(Uint16Array.from(read)).toEqual(bits);
    const floats = await write(new Map([['w', tensorOf([2], Float32Array.of(1, 2))]]), 'f32');
    expect((await open(floats)).tensors.get('w')!.readHalves).toBeUndefined();
  });

  test('each as it is: floats lie before halves, so that all are aligned', async () => {
    const half = { ...tensorOf([3], Float32Array.of(1, 2, 3)), dtype: 'F16' } as const;
    const float = { ...tensorOf([1], Float32Array.of(0.1)), dtype: 'F32' } as const;
    const tensors = new Map<string, WritableTensor>([
      ['a', half],
      ['b', float],
      ['c', half],
      ['d', float],
    ]);
    const bytes = await write(tensors, undefined);
    expect(bytes.length).toBe(measureSafetensors(tensors, undefined));
    const { tensors: read } = await open(bytes);
    expect([...read].map(([name, { dtype }]) => `${name}:${dtype}`).sort()).toEqual([
      'a:F16',
      'b:F32',
      'c:F16',
      'd:F32',
    ]);
    expect([...(await read.get('c')!.read()), ...(await read.get('d')!.read())]).toEqual([1, 2, 3, Math.fround(0.1)]);
    const header = new TextDecoder().decode(
      bytes.subarray(8, 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))),
    );
    expect(header.match(/"([abcd])":/g)).toEqual(['"b":', '"d":', '"a":', '"c":']);
  });

  test('float16 rounds, and says what does not fit', async () => {
    const values = Float32Array.of(1, -0.1, 65504, 2 ** -24, Infinity);
    const file = await open(await write(new Map([['w', tensorOf([5], values)]]), 'f16'));
    expect(file.tensors.get('w')!.dtype).toBe('F16');
    expect([...(await file.tensors.get('w')!.read())]).toEqual([1, -0.0999755859375, 65504, 2 ** -24, Infinity]);
    const inPieces = {
      ...tensorOf([4], values),
      async *readBlocks() {
        yield Float32Array.of(1, 2);
        yield Float32Array.of(3, 1e5);
      },
    };
    await expect(write(new Map([['w', inPieces]]), 'f16')).rejects.toMatchObject({
      message: expect.stringContaining('element 3 of w is 100000'),
    });
    const tooLarge = write(new Map([['w', tensorOf([2], Float32Array.of(1, -70000))]]), 'f16');
    await expect(tooLarge).rejects.toMatchObject({
      code: 'E_HALF_OVERFLOW',
      message: expect.stringContaining('-70000'),
    });
  });
});

test('a name of twenty million characters is refused in a sentence', async () => {
  const name = 'a\\n'.repeat(7_000_000);
  const error: unknown = await open(safetensors(`{"${name}":0}`)).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'E_ST_LIMIT' });
  expect((error as Error).message.length).toBeLessThan(500);
});

const one = (fields: string): string => `{"a":{${fields}}}`;
const attacks = safetensorsAttacks.filter(([code, name]) => code.startsWith('E_ST_') && !name.startsWith('index'));

test.each<[code: string, name: string, make: () => Uint8Array]>([
  ...attacks,
  // What nobody takes for safetensors before it is opened as such.
  ['E_ST_HEADER', 'shorter than a length', () => new Uint8Array(7)],
  ['E_ST_HEADER', 'a header beyond the file', () => Uint8Array.from([99, 0, 0, 0, 0, 0, 0, 0, 123, 125])],
  ['E_ST_HEADER', 'a header of 2^63 bytes', () => Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 128, 123, 125])],
  ['E_ST_HEADER', 'no brace', () => safetensors('[]')],
  // What is wrong by accident rather than by intent.
  ['E_ST_JSON', 'an exponent', () => safetensors(one('"dtype":"F32","shape":[1e0],"data_offsets":[0,4]'), 4)],
  ['E_ST_JSON', 'a string that does not end', () => safetensors('{"a')],
  ['E_ST_JSON', 'a line break in a string', () => safetensors('{"a\n":1}')],
  ['E_ST_JSON', 'an escape of no meaning', () => safetensors('{"\\q":1}')],
  ['E_ST_JSON', 'half an escape', () => safetensors('{"\\u00"}')],
  ['E_ST_JSON', 'a field missing', () => safetensors(one('"dtype":"F32","shape":[0]'))],
  [
    'E_TENSOR_DTYPE',
    'eight-bit floats',
    () => safetensors(one('"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]'), 1),
  ],
])('%s: %s', async (code, _, make) => {
  await expect(open(make())).rejects.toMatchObject({ code });
});

test('tensors that begin at any byte are read: aligned they need not be', async () => {
  const header =
    '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[2],"data_offsets":[1,9]},' +
    '"c":{"dtype":"F64","shape":[1],"data_offsets":[9,17]}}';
  for (const spaces of [0, 1, 2, 3]) {
    const bytes = safetensors(header + ' '.repeat(spaces), 17);
    const data = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 17);
    data.setUint8(0, 7);
    data.setFloat32(1, 1.5, true);
    data.setFloat32(5, -2.25, true);
    data.setFloat64(9, 0.5, true);
    const { tensors } = await open(bytes);
    const read = await Promise.all([...tensors.values()].map((tensor) => tensor.read()));
    expect(read.map((values) => [...values])).toEqual([[7], [1.5, -2.25], [0.5]]);
  }
});

test('metadata that is null, empty or absent is none; a note that is no text is named', async () => {
  for (const metadata of ['', '"__metadata__":null,', '"__metadata__" : null , ', '"__metadata__":{},']) {
    const file = await open(safetensors(`{${metadata}"a":{"dtype":"F32","shape":[0,3],"data_offsets":[0,0]}}`));
    expect([...file.metadata]).toEqual([]);
    expect(file.tensors.get('a')!.shape).toEqual([0, 3]);
  }
  for (const note of ['1', 'true', 'null', '["a"]', '{}']) {
    await expect(open(safetensors(`{"__metadata__":{"step":${note}}}`))).rejects.toMatchObject({
      code: 'E_ST_JSON',
      message: expect.stringContaining('a note "step" in __metadata__ that is no text'),
    });
  }
  for (const metadata of ['nullable', '0', '"text"', '[]']) {
    await expect(open(safetensors(`{"__metadata__":${metadata}}`))).rejects.toMatchObject({ code: 'E_ST_JSON' });
  }
});

test('trailing spaces, white space between tokens and no tensors are all right', async () => {
  expect((await open(safetensors('{}      '))).tensors.size).toBe(0);
  const file = await open(
    safetensors('{ "__metadata__" : { "k" : "v" } ,\n"a":{"shape":[],"dtype":"F32","data_offsets":[0,4]}}', 4),
  );
  expect([...file.metadata]).toEqual([['k', 'v']]);
  expect(file.tensors.get('a')!.shape).toEqual([]);
});
