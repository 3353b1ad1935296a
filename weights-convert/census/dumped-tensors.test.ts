/** What `pickle.dump` makes of tensors: a call that reads bytes as a file of torch, which are looked into as well. */
import { describe, expect, test } from 'vitest';
import { bytes, dumpedTensor, legacyStorage } from '../../test/hostile/pickle-dump.ts';
import { call, dict, global, join, pickle, text, tuple, uint32 } from '../../test/hostile/pickle-assembler.ts';
import { legacyStart, torchZip } from '../../test/hostile/torch-assembler.ts';
import { sourceFromBytes } from '../byte-source.ts';
import { inspectFile, type InspectionResult } from '../inspect/inspect-file.ts';

function inspect(file: Uint8Array): Promise<InspectionResult> {
  return inspectFile(sourceFromBytes(file, 'a file'));
}

const system = pickle(call(global('os', 'system'), text('id')));
const unknown = pickle(call(global('evil', 'run'), text('id')));
const list = pickle(']');

const UNSAFE = 'E_PICKLE_EXEC_ATTEMPT';

describe('what pickle.dump makes of tensors', () => {
  const honest = pickle(dict({ w: dumpedTensor(bytes(legacyStorage(2))) }));

  test('is inspected without a fault', async () => {
    const { inspection, failure } = await inspect(honest);
    expect(failure).toBeUndefined();
    expect(inspection.refusal).toMatchObject({ code: 'E_PICKLE_DUMP' });
    expect(inspection.globals.items.every(({ status }) => status === 'allowed')).toBe(true);
    expect(inspection.pickles.items).toHaveLength(6);
    expect(inspection.calls.known).toContain('torch.storage._load_from_bytes');
  });

  test('also as protocol 2 writes bytes', async () => {
    const letters = Buffer.from(legacyStorage(2)).toString('latin1');
    const encoded = call(global('_codecs', 'encode'), text(letters), text('latin1'));
    expect((await inspect(pickle(dict({ w: dumpedTensor(encoded) })))).failure).toBeUndefined();
  });

  const evilLegacy = join(legacyStart(), system);
  const nested = pickle(dumpedTensor(bytes(join(legacyStart(), pickle(dumpedTensor(bytes(evilLegacy)))))));

  test.each<[name: string, file: Uint8Array, code: string]>([
    ['bytes that run code', pickle(dumpedTensor(bytes(evilLegacy))), UNSAFE],
    ['bytes within bytes that run code', nested, UNSAFE],
    ['a pickle in place of a file', pickle(dumpedTensor(bytes(system))), UNSAFE],
    ['a harmless pickle in place of a file', pickle(dumpedTensor(bytes(list))), UNSAFE],
    ['a zip', pickle(dumpedTensor(bytes(torchZip(list)))), UNSAFE],
    ['bytes that call what is not known', pickle(dumpedTensor(bytes(join(legacyStart(), unknown)))), UNSAFE],
    ['no bytes', pickle(dumpedTensor('N')), UNSAFE],
    ['no call', pickle(global('torch.storage', '_load_from_bytes')), UNSAFE],
    [
      'a call through another',
      pickle(call(global('evil', 'map'), global('torch.storage', '_load_from_bytes'))),
      UNSAFE,
    ],
    ['a tensor that is too large to read', pickle(dumpedTensor(join('B', uint32(2 ** 25)))), 'E_PICKLE_LIMIT'],
  ])('is an attack with %s', async (_, file, code) => {
    expect((await inspect(file)).failure?.code).toBe(code);
  });

  test('but not within torch’s own zip, where PyTorch never writes it', async () => {
    const zip = torchZip(honest);
    expect((await inspect(zip)).inspection.refusal).toMatchObject({ code: UNSAFE });
  });
});

test('a tuple of names, none of them called', async () => {
  const names = tuple(...['a', 'b', 'c'].map((name) => global('evil', name)));
  expect((await inspect(pickle(names))).failure).toBeUndefined();
});
