/** What a product of rows is told (row-product.ts), and which of its strips are at work. */

@unmanaged
export class RowProductArgs {
  x!: usize;
  matrix!: usize;
  output!: usize;
  bias!: usize;
  scale!: usize;
  residual!: usize;
  /** Rows of x for each matrix, and how long they are. */
  rows!: i32;
  inner!: i32;
  /** Columns of the matrix; twice those of the result where there is a gate. */
  columns!: i32;
  /** Columns of the result. */
  outputs!: i32;
  lies!: i32;
  /** Bytes from one matrix to the next; 0 where there is one. */
  matrixBytes!: usize;
  activation!: i32;
  /** Of an item; columns are a multiple of 8. */
  itemRows!: i32;
  itemColumns!: i32;
  /** Terms that are added up at once. */
  part!: i32;
  /** 1 where x lies [inner, rows] for each matrix. */
  turned!: i32;
}

/** Some strips of the matrix, and where their sums go. */
@unmanaged
export class Columns {
  /** The first strip, how many, and where the sums of the first row lie. */
  first!: i32;
  count!: i32;
  sums!: usize;
}
