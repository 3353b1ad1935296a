/** What the kernels of toRows and fromRows are told. */
import type { Shape } from '../../engine/index.ts';

export interface ToRowsAttributes {
  readonly columns: number;
}

export interface FromRowsAttributes {
  /** Row of the first number. */
  readonly row: number;
  readonly shape: Shape;
}
