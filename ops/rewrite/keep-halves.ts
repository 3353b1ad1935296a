/**
 * Weights that were read from halves stay halves on the device: half as many bytes, and half as much to read again at
 * each token. Only constants do, since nobody can see to it that halves which change are finite, as products want them.
 */
import { apply, constant, constantOp, isOf, sizeOf } from '../../engine/index.ts';
import type { Rule, Tensor } from '../../engine/index.ts';
import { checkHalfBits, checkHalfWeights } from '../cast/half.ts';
import { embedOp } from '../embedding/embedding.ts';

/** The same constant gives the same one, for plans share it and what is packed of it. */
const halvesOf = new WeakMap<Tensor, Tensor>();

/**
 * A constant of numbers that came as halves, as one of halves; undefined for any other tensor.
 * @param fewest of fewer numbers than this there is nothing to be won
 */
export function keptHalves(w: Tensor, fewest = 0): Tensor | undefined {
  if (!isOf(w, constantOp) || !w.attributes.fitsHalves || w.dtype !== 'f32') return undefined;
  if (sizeOf(w.shape) < fewest) return undefined;
  const halves = halvesOf.get(w) ?? readAsHalves(w.attributes);
  halvesOf.set(w, halves);
  return halves;
}

function readAsHalves({ label, type, read, readHalves }: Parameters<typeof constantOp.infer>[1]): Tensor {
  const halves = { shape: type.shape, dtype: 'f16' } as const;
  const readFloats = async (): Promise<Awaited<ReturnType<typeof read>>> => {
    const numbers = await read();
    checkHalfWeights(numbers, halves);
    return numbers;
  };
  return constant(label, halves, readFloats, false, readHalves && (() => checkPieces(readHalves())));
}

async function* checkPieces(pieces: AsyncIterable<Uint16Array>): AsyncGenerator<Uint16Array> {
  let start = 0;
  for await (const piece of pieces) {
    checkHalfBits(piece, start);
    start += piece.length;
    yield piece;
  }
}

/** Tables that are smaller than this stay floats: their rows would take longer to widen than they take to read. */
const fewestInTables = 2 ** 18;

export const keepTables: Rule = {
  name: 'keep_tables',
  why: 'embed(tokens, table) → embed(tokens, table of halves): a table that came as halves takes half the memory.',
  apply(tensor) {
    if (tensor.op !== embedOp) return undefined;
    const [tokens, table, ...rest] = tensor.inputs as [Tensor, Tensor, Tensor, Tensor];
    const halves = keptHalves(table, fewestInTables);
    return halves && apply(embedOp, [tokens, halves, ...rest], undefined);
  },
};
