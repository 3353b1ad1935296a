/**
 * Whether a file holds exactly the tensors of a net: all differences are reported at once, by name, wanted and got.
 */
import { FormatError } from '../base/errors.ts';
import { formatName } from './inspect/format-value.ts';
import { describeArchitecture, expectedNetTensors, type NetArchitecture } from '../nets/net-kinds.ts';
import { nameInFile, type Dtype, type TensorData } from '../nets/weights.ts';

/** Differences quoted in a message; the rest are counted. */
const MAX_LISTED = 12;

/**
 * Checks that a file holds exactly the tensors of an architecture.
 *
 * @throws FormatError `E_KEYS_MISSING`, else `E_KEYS_EXTRA`, else `E_KEYS_SHAPE`; the message lists all three kinds
 */
export function checkTensors(
  architecture: NetArchitecture,
  tensors: ReadonlyMap<string, Pick<TensorData, 'shape' | 'nameInFile'>>,
  sourceName: string,
): void {
  const expected = expectedNetTensors(architecture);
  const missing = [...expected.keys()].filter((name) => !tensors.has(name));
  const extra = [...tensors].filter(([name]) => !expected.has(name));
  const misshaped = [...expected].filter(([name, shape]) => {
    const got = tensors.get(name)?.shape;
    return got && (got.length !== shape.length || got.some((size, axis) => size !== shape[axis]));
  });
  const code = missing.length ? 'E_KEYS_MISSING' : extra.length ? 'E_KEYS_EXTRA' : 'E_KEYS_SHAPE';
  if (missing.length + extra.length + misshaped.length === 0) return;
  const describe = (shape: readonly number[]): string => `[${shape.join(', ')}]`;
  throw new FormatError(
    code,
    [
      `checkTensors: ${sourceName} says it is ${describeArchitecture(architecture)}, which has ${expected.size} tensors.`,
      listDifferences(
        'Missing',
        missing.map((name) => `${name} ${describe(expected.get(name)!)}`),
      ),
      listDifferences(
        'Not expected',
        extra.map(([name, tensor]) => formatName(nameInFile(name, tensor), 100)),
      ),
      listDifferences(
        'Of another shape',
        misshaped.map(([name, shape]) => {
          const tensor = tensors.get(name)!;
          return `${formatName(nameInFile(name, tensor), 100)} (wanted ${describe(shape)}, got ${describe(tensor.shape)})`;
        }),
      ),
      'The checkpoint is of a modified net, or incomplete; dalle-gl computes nets only as they were released.',
    ]
      .filter((sentence) => sentence !== '')
      .join(' '),
  );
}

/** Throws FormatError `E_TENSOR_DTYPE` for whole numbers among the weights: what they stand for is not in them. */
export function checkFractions(
  architecture: NetArchitecture,
  tensors: ReadonlyMap<string, Pick<TensorData, 'dtype' | 'nameInFile'>>,
  sourceName: string,
): void {
  const whole = [...tensors].filter(([, { dtype }]) => isWholeNumber(dtype));
  if (whole.length === 0) return;
  const listed = whole.map(([name, tensor]) => `${formatName(nameInFile(name, tensor), 100)} (${tensor.dtype})`);
  throw new FormatError(
    'E_TENSOR_DTYPE',
    `checkTensors: ${sourceName} says it is ${describeArchitecture(architecture)}, and has whole numbers for weights. ` +
      `${listDifferences('Of whole numbers', listed)} It was quantised, or damaged: computed with as they are, they would ` +
      'give anything without a word. Save the weights that they were made of, in float32 or float16.',
  );
}

/** Whether a dtype is of integers or of truth values. */
export function isWholeNumber(dtype: Dtype): boolean {
  return /^[IU]\d|^BOOL$/.test(dtype);
}

function listDifferences(label: string, items: readonly string[]): string {
  if (items.length === 0) return '';
  const rest = items.length > MAX_LISTED ? `, and ${items.length - MAX_LISTED} more` : '';
  return `${label}: ${items.slice(0, MAX_LISTED).join(', ')}${rest}.`;
}
