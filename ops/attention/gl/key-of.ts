/** A mask as index arithmetic in GLSL, the twin of keyOf in mask.ts: which key a slot of a query holds. */
import { divide, modulo } from '../../shader/accessors.ts';
import { imageSlots } from '../mask.ts';
import type { Mask } from '../mask.ts';

/** `int key_of(int query, int slot)`: keyOf in GLSL, sizes as constants. */
export function writeKeyOf(mask: Mask): string {
  const { text, grid, kernel, kind, edges } = mask;
  const [rows, columns] = grid;
  const half = (kernel - 1) / 2;
  const across = kind === 'conv' && edges === 'wrap' ? Math.min(kernel, columns) : kernel;
  const place: Record<Mask['kind'], [row: string, column: string]> = {
    full: [divide('j', columns), modulo('j', columns)],
    all: [divide('j', columns), modulo('j', columns)],
    row: [divide('(p - j)', columns), modulo('(p - j)', columns)],
    column: ['j', 'c'],
    'axial-row': ['r', 'j'],
    'axial-conv': [`r - ${kernel - 1} + j / ${kernel}`, `c - ${kernel - 1} + j % ${kernel}`],
    conv:
      edges === 'wrap'
        ? [
            `(r - ${half} + j / ${across} + ${kernel * rows}) % ${rows}`,
            `(c - ${half} + j % ${across} + ${kernel * columns}) % ${columns}`,
          ]
        : [`r - ${half} + j / ${kernel}`, `c - ${half} + j % ${kernel}`],
  };
  const [row, column] = place[kind];
  return [
    'int key_of(int query, int slot) {',
    `  if (slot < ${text}) return slot <= query ? slot : -1;`,
    `  int p = query - ${text};`,
    `  int j = slot - ${text};`,
    `  if (p < 0 || j >= ${imageSlots(mask)}${kind === 'row' ? ' || j > p' : ''}) return -1;`,
    `  int r = ${divide('p', columns)};`,
    `  int c = ${modulo('p', columns)};`,
    `  int row = ${row};`,
    `  int column = ${column};`,
    `  bool exists = row >= 0 && column >= 0 && column < ${columns} && row * ${columns} + column <= p;`,
    `  return exists ? ${text} + row * ${columns} + column : -1;`,
    '}',
  ].join('\n');
}
