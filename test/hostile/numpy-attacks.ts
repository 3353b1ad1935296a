/** Attacks through NumPy's files: headers that are not literals, pickles inside, shapes that lie. */
import { join } from './pickle-assembler.ts';
import { assembleZip } from './zip-assembler.ts';

/** An array with its own say about itself. */
function npy(header: string, data = 0): Uint8Array {
  const length = Buffer.alloc(2);
  length.writeUInt16LE(header.length + 1);
  return join('\x93NUMPY\x01\x00', length, header, '\n', new Uint8Array(data));
}

function describe(descriptor: string, shape: string): string {
  return `{'descr': '${descriptor}', 'fortran_order': False, 'shape': (${shape}), }`;
}

const npz = (array: Uint8Array, lies: { method?: number; crc?: number } = {}): Uint8Array =>
  assembleZip([{ name: 'a.npy', data: array, ...lies }]);

export const numpyAttacks: readonly [code: string, name: string, make: () => Uint8Array][] = [
  ['E_NPY_DTYPE', 'npz: objects, which are a pickle', () => npz(npy(describe('|O', '1,'), 40))],
  [
    'E_NPY_HEADER',
    'npz: a shape beyond all numbers',
    () => npz(npy(describe('<f4', '9007199254740991, 9007199254740991'))),
  ],
  ['E_NPY_SIZE', 'npz: a terabyte', () => npz(npy(describe('<f4', '274877906944,'), 4))],
  ['E_NPY_SIZE', 'npz: data cut short', () => npz(npy(describe('<f4', '4,'), 15))],
  ['E_NPY_HEADER', 'npz: a header that computes', () => npz(npy(`{'descr': __import__('os').system('id')}`))],
  ['E_NPY_HEADER', 'npz: a header beyond its entry', () => npz(join('\x93NUMPY\x02\x00\xff\xff\xff\xff{'))],
  ['E_NPY_HEADER', 'npz: an integer of a thousand digits', () => npz(npy(describe('<f4', `${'9'.repeat(1000)},`)))],
  ['E_NPY_HEADER', 'npz: a thousand dimensions', () => npz(npy(describe('<f4', '1, '.repeat(1000)), 4))],
  ['E_ZIP_METHOD', 'npz: compressed', () => npz(npy(describe('<f4', '1,'), 4), { method: 8 })],
];
