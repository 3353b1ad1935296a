/**
 * How a product reads weights that were packed for it: operand `b` is [images, O, ⌈I/L⌉·KH, KW·L], one pixel a texel,
 * where L is the channels in a texel of the input. Element (image, o, turn·KH + dy, dx·L + lane) is the weight of input
 * channel turn·L + lane at tap dy, dx; the output channels o of a quad, or an octet, are a texel.
 */
import type { ShaderCall } from '../../engine/index.ts';
import { inputIndex } from './product.ts';
import type { ProductLoop } from './product.ts';

export interface PackedWeights {
  /** Tap rows, KH. */
  readonly height: number;
  /** GLSL of the image. */
  readonly image: string;
  /** GLSL of the quads of output channels that the fragment sums, or of the octet that pairs them. */
  readonly parts: readonly string[];
}

export function readPackedWeights(
  call: ShaderCall,
  { height, image, parts }: PackedWeights,
): Pick<ProductLoop, 'prepareWeights' | 'prepareRow' | 'weight'> {
  const [input, { layout }] = [call.inputs[0]!.layout, call.inputs[1]!];
  const row = `${inputIndex(input)} * ${height} + dy`;
  const isOctet = (part: string): boolean => part.startsWith('octet');
  const suffix = (group: number): string => (parts.length > 1 ? `_${group}` : '');
  const byPlace = layout.tiles.x * layout.tiles.y === 1 && parts.every((part) => isOctet(part) === (layout.lanes === 8));
  const read = (dx: number, lane: number, group: number): string => {
    const column = dx * input.lanes + lane;
    if (byPlace) return `b_fetch(weight_place${suffix(group)}.x + ${column}, weight_y${suffix(group)}, weight_place${suffix(group)}.z)`;
    const accessor = isOctet(parts[group]!) ? 'b_texel' : 'b_pixel';
    return `${accessor}(${image}, ${parts[group]}, ${row}, ${column})`;
  };
  const declare = (write: (group: number) => string): string => parts.map((_, group) => write(group)).join('\n');
  return {
    ...(byPlace && {
      prepareWeights: declare((group) => {
        const plane = image === '0' ? parts[group]! : `${image} * ${layout.depth} + ${parts[group]!}`;
        return `ivec3 weight_place${suffix(group)} = b_place(${plane}, 0, 0);`;
      }),
      prepareRow: declare((group) => `int weight_y${suffix(group)} = weight_place${suffix(group)}.y + ${row};`),
    }),
    weight({ dx, lane, group }) {
      const texel = read(dx, lane, group);
      return isOctet(parts[group]!) ? `unpack_weights(${texel})` : texel;
    },
  };
}
