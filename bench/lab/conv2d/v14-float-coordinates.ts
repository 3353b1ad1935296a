/** v7 with a row's weight coordinates computed once, in floating point; as many fetches. */
import { floatLiteral } from '../../../ops/shader/accessors.ts';
import { strip } from '../blocks.ts';
import type { Version } from '../version.ts';
import { convolveWith } from './engine-kernel.ts';
import { withWeightReads } from './own-weights.ts';

const op = withWeightReads(({ inputs }) => {
  const { width, height } = inputs[1]!.layout.texture;
  const size = `vec2(${floatLiteral(1 / width)}, ${floatLiteral(1 / height)})`;
  return {
    prepareRow: `vec2 weight_at = (vec2(weight_place.x, weight_y) + 0.5) * ${size};`,
    weight({ dx, lane }) {
      const x = `weight_at.x + ${floatLiteral((dx * 4 + lane) / width)}`;
      return `textureLod(packed_texels, vec3(${x}, weight_at.y, weight_place.z), 0.0)`;
    },
  };
});

export const floatCoordinates: Version = {
  name: 'v14 float coordinates',
  why: 'v7 where a weight is found by adding a constant, not by an addition, a conversion and a product.',
  compute: (plain) => convolveWith(plain, { block: strip(8), op }),
};
