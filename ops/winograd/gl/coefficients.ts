/** Picks a number of a matrix column by a row that is known only in the shader: comparisons, no indexed memory. */
import { floatLiteral } from '../../shader/accessors.ts';

/** A GLSL float: `values[row]`. */
export function selectCoefficient(row: string, values: readonly number[]): string {
  return values
    .slice(0, -1)
    .reduceRight(
      (rest, value, index) => `(${row} == ${index} ? ${floatLiteral(value)} : ${rest})`,
      floatLiteral(values.at(-1)!),
    );
}
