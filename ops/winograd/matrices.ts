/**
 * The matrices of Winograd's minimal filtering F(m×m, 3×3), after Lavin and Gray, "Fast Algorithms for Convolutional
 * Neural Networks" (arXiv 1509.09308): Y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A for a tile d of t×t pixels, t = m + 2, that
 * gives m×m outputs with t² multiplications in the place of 9 m².
 */

/** What the steps between the transforms are stored as. */
export type WinogradType = 'f32' | 'f16';

export type Matrix = readonly (readonly number[])[];

export interface WinogradMatrices {
  /** Outputs along one side of a tile. */
  readonly outputs: number;
  /** Pixels along one side of a tile: outputs + 2. */
  readonly tile: number;
  /** Bᵀ, t × t: pixels to the transformed domain. */
  readonly input: Matrix;
  /** G, t × 3: weights to the transformed domain. */
  readonly weight: Matrix;
  /** Aᵀ, m × t: products to outputs. */
  readonly output: Matrix;
}

/** F(4×4, 3×3), interpolation points 0, ±1, ±2, ∞: 4 times fewer multiplications. */
export const winograd4: WinogradMatrices = {
  outputs: 4,
  tile: 6,
  input: [
    [4, 0, -5, 0, 1, 0],
    [0, -4, -4, 1, 1, 0],
    [0, 4, -4, -1, 1, 0],
    [0, -2, -1, 2, 1, 0],
    [0, 2, -1, -2, 1, 0],
    [0, 4, 0, -5, 0, 1],
  ],
  weight: [
    [1 / 4, 0, 0],
    [-1 / 6, -1 / 6, -1 / 6],
    [-1 / 6, 1 / 6, -1 / 6],
    [1 / 24, 1 / 12, 1 / 6],
    [1 / 24, -1 / 12, 1 / 6],
    [0, 0, 1],
  ],
  output: [
    [1, 1, 1, 1, 1, 0],
    [0, 1, -1, 2, -2, 0],
    [0, 1, 1, 4, 4, 0],
    [0, 1, -1, 8, -8, 1],
  ],
};

/** F(2×2, 3×3), points 0, ±1, ∞: 2.25 times fewer, and exact on small integers up to the halves of G. */
export const winograd2: WinogradMatrices = {
  outputs: 2,
  tile: 4,
  input: [
    [1, 0, -1, 0],
    [0, 1, 1, 0],
    [0, -1, 1, 0],
    [0, 1, 0, -1],
  ],
  weight: [
    [1, 0, 0],
    [0.5, 0.5, 0.5],
    [0.5, -0.5, 0.5],
    [0, 0, 1],
  ],
  output: [
    [1, 1, 1, 0],
    [0, 1, -1, -1],
  ],
};

/**
 * The same filter for halves: Bᵀ divided by a power of two, which changes no digit, and G multiplied by it, so that a
 * transformed tile is at most 1.6 times as large as its pixels where it was 100 times: halves end at 65504.
 */
export function scaleForHalves(matrices: WinogradMatrices): WinogradMatrices {
  const scale = (matrix: Matrix, factor: number): Matrix => matrix.map((row) => row.map((value) => value * factor));
  const largest = Math.max(...matrices.input.map((row) => row.reduce((sum, value) => sum + Math.abs(value), 0)));
  const factor = 2 ** Math.floor(Math.log2(largest));
  return { ...matrices, input: scale(matrices.input, 1 / factor), weight: scale(matrices.weight, factor) };
}

/** The same algorithm on absolute values: its result bounds how much cancels (design section 5). */
export function absoluteMatrices({ outputs, tile, input, weight, output }: WinogradMatrices): WinogradMatrices {
  const absolute = (matrix: Matrix): Matrix => matrix.map((row) => row.map(Math.abs));
  return { outputs, tile, input: absolute(input), weight: absolute(weight), output: absolute(output) };
}
