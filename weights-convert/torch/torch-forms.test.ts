/**
 * Forms of tensors and containers that PyTorch 1.13 does not write: older views, newer untyped storages, big-endian.
 */
import { describe, expect, test } from 'vitest';
import { call, dict, global, integer, join, pickle, text, tuple, uint64 } from '../../test/hostile/pickle-assembler.ts';
import { assembleZip } from '../../test/hostile/zip-assembler.ts';
import { sourceFromBytes } from '../byte-source.ts';
import { stringEntries } from '../pickle/records.ts';
import { sniffContainer } from '../sniff.ts';
import { interpretTensor } from './tensor-record.ts';
import type { TorchFile } from './torch-file.ts';
import { openTorchLegacy } from './torch-legacy.ts';
import { openTorchZip } from './torch-zip.ts';

const values = Float32Array.of(1, 2, 3, 4, 5, 6);
const bytes = new Uint8Array(values.buffer);

/** Arguments of a rebuild call behind the storage: offset 1, shape [2, 2], column-major. */
const geometry = [
  integer(1),
  tuple(integer(2), integer(2)),
  tuple(integer(1), integer(2)),
  '\x89',
  call(global('collections', 'OrderedDict')),
];
const gathered = Float32Array.of(2, 4, 3, 5);

function openZip(tensor: Uint8Array, data = bytes, byteorder?: string): Promise<TorchFile> {
  const entries = [
    { name: 'x/data.pkl', data: pickle(dict({ a: tensor })) },
    { name: 'x/data/0', data },
    ...(byteorder === undefined ? [] : [{ name: 'x/byteorder', data: Buffer.from(byteorder) }]),
  ];
  return openTorchZip(sourceFromBytes(assembleZip(entries), 'x'));
}

async function readOnly(file: TorchFile): Promise<Float32Array> {
  return file.readTensor(interpretTensor(stringEntries(file.root)!.get('a')!, file.storages)!);
}

function storage(kind: Uint8Array, count: number): Uint8Array {
  return join(tuple(text('storage'), kind, text('0'), text('cpu'), integer(count)), 'Q');
}

const floats = storage(global('torch', 'FloatStorage'), 6);
const untyped = storage(global('torch.storage', 'UntypedStorage'), 24);
const v3 = call(global('torch._utils', '_rebuild_tensor_v3'), untyped, ...geometry, global('torch', 'float32'));

describe('zip', () => {
  test('_rebuild_tensor, the oldest', async () => {
    const file = await openZip(call(global('torch._utils', '_rebuild_tensor'), floats, ...geometry.slice(0, 3)));
    expect(await readOnly(file)).toEqual(gathered);
  });

  test('_rebuild_tensor_v3 with an untyped storage', async () => {
    expect(await readOnly(await openZip(v3))).toEqual(gathered);
  });

  test('a dtype that cannot be read', async () => {
    const complex = call(
      global('torch._utils', '_rebuild_tensor_v3'),
      untyped,
      ...geometry,
      global('torch', 'complex64'),
    );
    await expect(openZip(complex).then(readOnly)).rejects.toMatchObject({ code: 'E_TENSOR_DTYPE' });
  });

  test('a subclass, a torch.Size and a parameter around it', async () => {
    const size = call(global('torch', 'Size'), geometry[1]!);
    const inner = tuple(floats, geometry[0]!, size, ...geometry.slice(2));
    const v2 = global('torch._utils', '_rebuild_tensor_v2');
    const subclass = call(global('torch._tensor', '_rebuild_from_type_v2'), v2, global('torch', 'Tensor'), inner, '}');
    const parameter = call(global('torch._utils', '_rebuild_parameter'), subclass, '\x89', '}');
    expect(await readOnly(await openZip(parameter))).toEqual(gathered);
  });

  test('big-endian', async () => {
    const swapped = Buffer.from(bytes).swap32();
    expect(await readOnly(await openZip(v3, swapped, 'big'))).toEqual(gathered);
    expect(await readOnly(await openZip(v3, bytes, 'little'))).toEqual(gathered);
  });
});

describe('legacy', () => {
  function legacyFile(view: Uint8Array | string, littleEndian: boolean): Uint8Array {
    const id = tuple(text('storage'), global('torch', 'FloatStorage'), text('0'), text('cpu'), integer(6), view);
    const tensor = call(
      global('torch._utils', '_rebuild_tensor'),
      join(id, 'Q'),
      integer(0),
      tuple(integer(3)),
      tuple(integer(1)),
    );
    return join(
      pickle('\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19'),
      pickle('M\xe9\x03'),
      pickle(dict({ little_endian: littleEndian ? '\x88' : '\x89' })),
      pickle(dict({ a: tensor })),
      pickle(']', text('0'), 'a'),
      uint64(6n),
      littleEndian ? bytes : Buffer.from(bytes).swap32(),
    );
  }
  const openLegacy = (file: Uint8Array): Promise<TorchFile> => openTorchLegacy(sourceFromBytes(file, 'x'));
  const view = (offset: number, length: number): Uint8Array => tuple(text('view'), integer(offset), integer(length));

  test.each([true, false])('a view on part of a storage, little-endian: %s', async (littleEndian) => {
    expect(await readOnly(await openLegacy(legacyFile('N', littleEndian)))).toEqual(Float32Array.of(1, 2, 3));
    expect(await readOnly(await openLegacy(legacyFile(view(2, 3), littleEndian)))).toEqual(Float32Array.of(3, 4, 5));
  });

  test('is known in every pickle protocol that torch.save can be asked for', async () => {
    const number = '\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.';
    const frame = '\x95\x0d\0\0\0\0\0\0\0';
    const rest = legacyFile('N', true).subarray(15);
    const starts = ['\x80\x03', `\x80\x04${frame}`, `\x80\x05${frame}`].map((start) => start + number);
    for (const start of [...starts, 'L119547037146038801333356L\n.']) {
      const source = sourceFromBytes(join(start, rest), 'x');
      expect(await sniffContainer(source)).toBe('torch-legacy');
      expect(await readOnly(await openTorchLegacy(source))).toEqual(Float32Array.of(1, 2, 3));
    }
  });

  test('a view outside its storage, and a tensor outside its view', async () => {
    await expect(openLegacy(legacyFile(view(4, 3), true))).rejects.toMatchObject({ code: 'E_TENSOR_STORAGE' });
    const reading = openLegacy(legacyFile(view(2, 2), true)).then(readOnly);
    await expect(reading).rejects.toMatchObject({ code: 'E_TENSOR_GEOMETRY' });
  });
});
