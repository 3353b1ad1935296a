/**
 * The masks that ru-dalle saves with its weights. Its two versions have the same tensors of the same shapes, and the
 * same two first masks, but its second version's convolution comes in on the other side of the picture: so these bits
 * tell which of the two a file holds, and bits that are of neither are of a net that nobody here knows. The published
 * files have them: until June 2022 ru-dalle loaded these files strictly, and computed with the masks in them.
 */
import { FormatError } from '../../../base/errors.ts';
import { sees, type Mask } from '../../../ops/attention/mask.ts';
import { tensorBlocks, type TensorData } from '../../../nets/weights.ts';
import type { FoundTensors } from '../family.ts';
import { MASKS } from './names.ts';

/** What ru-dalle calls its versions. */
export const VERSIONS = ['v2', 'v3'] as const;
export type Version = (typeof VERSIONS)[number];

/** Side of the convolution, which its class fixes. */
export const CONV_KERNEL = 11;

/** A row of a mask that any net here could have; a view can claim any size in a few bytes. */
const MAX_POSITIONS = 8192;

/** What the masks are of. */
interface MaskedSequence {
  /** Text positions as the masks count them. */
  readonly text: number;
  /** Rows and columns of image tokens. */
  readonly side: number;
}

/**
 * The versions whose masks these are: both where a grid is so small that the two are the same, and where a file has
 * none.
 *
 * @throws FormatError `E_ARCHITECTURE` for masks of another size or with other bits
 */
export async function readVersions(
  { dataOf, sourceName }: Pick<FoundTensors, 'dataOf' | 'sourceName'>,
  sequence: MaskedSequence,
): Promise<readonly Version[]> {
  const { text, side } = sequence;
  const rule = (kind: Mask['kind'], edges: Mask['edges'] = 'cut'): Mask => {
    return { kind, edges, text, grid: [side, side], kernel: CONV_KERNEL };
  };
  const choices: readonly (readonly [name: string, rules: readonly Mask[]])[] = [
    [MASKS.row, [rule('row')]],
    [MASKS.column, [rule('column')]],
    [MASKS.conv, [rule('conv', 'wrap'), rule('conv', 'cut')]], // in the order of VERSIONS
  ];
  let versions: readonly Version[] = VERSIONS;
  for (const [name, rules] of choices) {
    const mask = dataOf(name);
    if (!mask) continue;
    checkSize(name, mask, text + side * side, sourceName);
    const fitting = await findFitting(mask, rules);
    if (fitting.length === 0)
      throw maskError(sourceName, name, 'shows other positions than either version of ru-dalle');
    if (rules.length > 1) versions = fitting.map((index) => VERSIONS[index]!);
  }
  return versions;
}

function checkSize(name: string, { shape }: TensorData, length: number, sourceName: string): void {
  const isSquare = shape.length === 2 && shape.every((size) => size === length);
  if (isSquare && length <= MAX_POSITIONS) return;
  throw maskError(sourceName, name, `is [${shape.join(', ')}], and the tensors beside it make ${length} positions`);
}

/** Which of the rules give exactly these bits, by their index. */
async function findFitting(mask: TensorData, rules: readonly Mask[]): Promise<number[]> {
  const length = mask.shape[1]!;
  let fitting = rules.map((_, index) => index);
  let at = 0;
  for await (const block of tensorBlocks(mask)) {
    for (const value of block) {
      const [query, key] = [Math.floor(at / length), at % length];
      fitting = fitting.filter((index) => value === (sees(rules[index]!, query, key) ? 1 : 0));
      if (fitting.length === 0) return [];
      at++;
    }
  }
  return fitting;
}

function maskError(sourceName: string, name: string, what: string): FormatError {
  return new FormatError(
    'E_ARCHITECTURE',
    `openWeights: ${sourceName} holds ruDALL-E's transformer, and its ${name} ${what}. The file is damaged, or of a ` +
      'modified net: computing it with other masks than it was trained with would give wrong pictures without a word.',
  );
}
