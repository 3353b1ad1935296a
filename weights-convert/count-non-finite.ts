/**
 * Counts NaN and infinite numbers while weights pass by on their way to somewhere else. A training that went wrong
 * leaves them, and a net that has one draws nothing but grey: it is no error of the file, and whoever converts it
 * should know.
 */
import { countElements } from './torch/tensor-record.ts';
import { nameInFile, tensorBlocks, type TensorData } from '../nets/weights.ts';

/** A tensor that is not all numbers. */
export interface NonFinite {
  /** As the file calls it. */
  readonly tensor: string;
  readonly nan: number;
  readonly infinite: number;
  /** How many elements it has. */
  readonly elements: number;
}

const EXPONENT = 0x7f800000;
const FRACTION = 0x007fffff;

/** Tensors that are counted whenever they are read from end to end. */
export class NonFiniteCounter {
  readonly #found = new Map<string, NonFinite>();

  /** What was found in the tensors that were read, in the order of reading. */
  get found(): readonly NonFinite[] {
    return [...this.#found.values()];
  }

  /** The same tensors, watched. */
  watch(tensors: ReadonlyMap<string, TensorData>): Map<string, TensorData> {
    return new Map([...tensors].map(([name, tensor]) => [name, this.#watchTensor(name, tensor)]));
  }

  #watchTensor(name: string, tensor: TensorData): TensorData {
    const tally = (nan: number, infinite: number): void => {
      if (nan + infinite === 0) return;
      const elements = countElements(tensor.shape);
      this.#found.set(name, { tensor: nameInFile(name, tensor), nan, infinite, elements });
    };
    const blocks = async function* (): AsyncGenerator<Float32Array> {
      let [nan, infinite] = [0, 0];
      for await (const values of tensorBlocks(tensor)) {
        const counts = countNonFinite(values);
        nan += counts.nan;
        infinite += counts.infinite;
        yield values;
      }
      tally(nan, infinite);
    };
    const { readHalves } = tensor;
    if (!readHalves) return { ...tensor, readBlocks: blocks };
    const halves = async function* (): AsyncGenerator<Uint16Array> {
      let [nan, infinite] = [0, 0];
      for await (const bits of readHalves()) {
        const counts = countHalves(bits);
        nan += counts.nan;
        infinite += counts.infinite;
        yield bits;
      }
      tally(nan, infinite);
    };
    return { ...tensor, readBlocks: blocks, readHalves: halves };
  }
}

/** By their bits: an exponent of ones is infinity, or NaN where anything follows it. */
function countNonFinite({ buffer, byteOffset, length }: Float32Array): { nan: number; infinite: number } {
  const bits = new Uint32Array(buffer, byteOffset, length);
  let [nan, infinite] = [0, 0];
  for (let i = 0; i < length; i++) {
    const word = bits[i]!;
    if ((word & EXPONENT) !== EXPONENT) continue;
    if ((word & FRACTION) === 0) infinite++;
    else nan++;
  }
  return { nan, infinite };
}

/** The same of halves, most of which are neither. */
function countHalves(bits: Uint16Array): { nan: number; infinite: number } {
  let [nan, infinite] = [0, 0];
  for (let i = 0; i < bits.length; i++) {
    if ((bits[i]! & 0x7c00) !== 0x7c00) continue;
    if ((bits[i]! & 0x03ff) === 0) infinite++;
    else nan++;
  }
  return { nan, infinite };
}

/** What was found, as a sentence without a stop. */
export function describeNonFinite({ tensor, nan, infinite, elements }: NonFinite): string {
  const counts = [nan > 0 ? `${nan} NaN` : '', infinite > 0 ? `${infinite} infinite` : ''].filter(
    (text) => text !== '',
  );
  return `${tensor} has ${counts.join(' and ')} among its ${elements} numbers`;
}
