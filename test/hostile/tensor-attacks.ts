/** Attacks through what a tensor says about itself, and through the storages of legacy files. */
import { dict, join, pickle, tensor, text, uint64 } from './pickle-assembler.ts';
import { legacyStart, torchZip } from './torch-assembler.ts';

/** A legacy file of one tensor, with its own say about the storage behind it. */
function legacyFile(tensorBytes: Uint8Array, keys: Uint8Array, count: bigint, data: number): Uint8Array {
  return join(legacyStart(), pickle(dict({ a: tensorBytes })), pickle(keys), uint64(count), new Uint8Array(data));
}

function oneTensor(shape: readonly number[], stride: readonly number[], offset = 0, floats = 4): Uint8Array {
  return torchZip(pickle(dict({ a: tensor('0', floats, shape, stride, offset) })), { 0: floats });
}

/** Attacks through what a tensor says about itself. */
export const tensorAttacks: readonly [code: string, name: string, make: () => Uint8Array][] = [
  ['E_TENSOR_GEOMETRY', 'reading past its storage', () => oneTensor([5], [1])],
  ['E_TENSOR_GEOMETRY', 'an offset past its storage', () => oneTensor([1], [1], 4)],
  ['E_TENSOR_GEOMETRY', 'a negative size', () => oneTensor([-1], [1])],
  ['E_TENSOR_GEOMETRY', 'a negative stride', () => oneTensor([2], [-1], 3)],
  ['E_TENSOR_GEOMETRY', 'a stride past its storage', () => oneTensor([2, 2], [2 ** 52, 1])],
  ['E_TENSOR_GEOMETRY', 'dimensions beyond all numbers', () => oneTensor(Array(8).fill(2 ** 52), Array(8).fill(0))],
  ['E_TENSOR_GEOMETRY', 'two billion times one number', () => oneTensor([2 ** 31, 2], [0, 0])],
  ['E_TENSOR_GEOMETRY', 'nine dimensions', () => oneTensor(Array(9).fill(1), Array(9).fill(1))],
  ['E_TENSOR_GEOMETRY', 'sizes and strides of different lengths', () => oneTensor([1, 1], [1])],
  [
    'E_TENSOR_STORAGE',
    'a storage that is not there',
    () => torchZip(pickle(dict({ a: tensor('9', 1, [1], [1]) })), { 0: 1 }),
  ],
  [
    'E_TENSOR_STORAGE',
    'a storage of another size',
    () => torchZip(pickle(dict({ a: tensor('0', 9, [9], [1]) })), { 0: 1 }),
  ],
  [
    'E_TENSOR_STORAGE',
    'a storage called __proto__',
    () => torchZip(pickle(dict({ a: tensor('__proto__', 1, [1], [1]) }))),
  ],
  ['E_TENSOR_BUDGET', 'one number expanded to 64 GB', expandEncoder],
  [
    'E_ARCHITECTURE',
    'tensors called __proto__ and constructor',
    () =>
      torchZip(
        pickle('}(', text('__proto__'), tensor('0', 1, [1], [1]), text('constructor'), tensor('0', 1, [1], [1]), 'u'),
        { 0: 1 },
      ),
  ],
  [
    'E_TENSOR_STORAGE',
    'legacy: another count than the pickle says',
    () => legacyFile(tensor('0', 4, [4], [1]), join(']', text('0'), 'a'), 5n, 16),
  ],
  [
    'E_TENSOR_STORAGE',
    'legacy: a count of -1',
    () => legacyFile(tensor('0', 4, [4], [1]), join(']', text('0'), 'a'), -1n, 16),
  ],
  [
    'E_TENSOR_STORAGE',
    'legacy: bytes behind the last storage',
    () => legacyFile(tensor('0', 4, [4], [1]), join(']', text('0'), 'a'), 4n, 17),
  ],
  [
    'E_TENSOR_STORAGE',
    'legacy: one key listed twice',
    () => legacyFile(tensor('0', 4, [4], [1]), join(']', text('0'), 'a', text('0'), 'a'), 4n, 16),
  ],
  [
    'E_PICKLE_TRUNCATED',
    'legacy: data cut',
    () => legacyFile(tensor('0', 4, [4], [1]), join(']', text('0'), 'a'), 4n, 15),
  ],
];

/** A state dict with the names of an encoder, each of whose tensors is one float seen 2^27 times. */
function expandEncoder(): Uint8Array {
  const names = ['blocks.input', 'blocks.output.conv'];
  for (const group of [1, 2, 3, 4]) {
    if (group > 1) names.push(`blocks.group_${group}.block_1.id_path`);
    for (const layer of [1, 2, 3, 4]) names.push(`blocks.group_${group}.block_1.res_path.conv_${layer}`);
  }
  const hidden = 1024;
  const expanded = (shape: readonly number[]): Uint8Array =>
    tensor(
      '0',
      1,
      shape,
      shape.map(() => 0),
    );
  const entries: Record<string, Uint8Array> = {};
  for (const name of names) {
    entries[`${name}.w`] = expanded(weightShape(name, hidden));
    entries[`${name}.b`] = expanded([weightShape(name, hidden)[0]!]);
  }
  return torchZip(pickle(dict(entries)), { 0: 1 });
}

function weightShape(name: string, hidden: number): number[] {
  if (name === 'blocks.input') return [hidden, 3, 7, 7];
  if (name === 'blocks.output.conv') return [8, 8 * hidden, 1, 1];
  const group = Number(/group_(\d)/.exec(name)![1]);
  const outputs = hidden * 2 ** (group - 1);
  const inputs = group === 1 ? hidden : outputs / 2;
  if (name.endsWith('id_path')) return [outputs, inputs, 1, 1];
  if (name.endsWith('conv_1')) return [outputs / 4, inputs, 3, 3];
  return name.endsWith('conv_4') ? [outputs, outputs / 4, 1, 1] : [outputs / 4, outputs / 4, 3, 3];
}
