/** Torch's two containers by hand, around pickles of any kind. */
import { dict, join, pickle } from './pickle-assembler.ts';
import { assembleZip } from './zip-assembler.ts';

/** A zip checkpoint of this pickle and these storages, in floats. */
export function torchZip(data: Uint8Array, storages: Readonly<Record<string, number>> = {}): Uint8Array {
  return assembleZip([
    { name: 'x/data.pkl', data },
    ...Object.entries(storages).map(([key, floats]) => ({ name: `x/data/${key}`, data: new Uint8Array(4 * floats) })),
    { name: 'x/version', data: Buffer.from('3\n') },
  ]);
}

/** The first pickle of a legacy file. */
export const LEGACY_MAGIC: Uint8Array = pickle('\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19');

/** Everything before the object in a legacy file. */
export function legacyStart(): Uint8Array {
  return join(LEGACY_MAGIC, pickle('M\xe9\x03'), pickle(dict({ little_endian: '\x88' })));
}
