/**
 * How a product reads weights that were packed for it: operand `b` is [images, O, ⌈I/L⌉·KH, KW·L], one pixel a texel,
 * where L is the channels in a texel of the input. Element (image, o, turn·KH + dy, dx·L + lane) is the weight of input
 * channel turn·L + lane at tap dy, dx. A texel holds the output channels o of a quad, or of an octet if they are f16.
 */
import type { ShaderCall } from '../../engine/index.ts';
import type { ProductLoop } from './product.ts';

type Operands = Pick<ShaderCall, 'inputs' | 'output'>;

/** What a loop over packed weights sums at once: `groups` quads, or what a texel of the result holds. */
export function groupPackedWeights(
  { inputs, output }: Operands,
  groups: number = output.layout.lanes / 4,
): Pick<ProductLoop, 'groups' | 'pairedWeights' | 'takesOctets'> {
  return { groups, pairedWeights: groups === 2 && inputs[1]!.layout.lanes === 8, takesOctets: true };
}

/** Names of the output channels that a fragment sums: one a group, or the one octet that is both. */
function nameGroups({ groups, pairedWeights }: Pick<ProductLoop, 'groups' | 'pairedWeights'>): string[] {
  if (pairedWeights) return ['octet'];
  return groups === 2 ? ['quad_0', 'quad_1'] : ['quad'];
}

/** @param image GLSL of the image whose weights are meant */
export function readPackedWeights(
  call: ShaderCall,
  { kernel, groups, image = '0' }: Pick<ProductLoop, 'kernel' | 'groups'> & { readonly image?: string },
): Pick<ProductLoop, 'groups' | 'pairedWeights' | 'takesOctets' | 'prepareWeights' | 'prepareRow' | 'weight'> {
  const { lanes } = call.inputs[0]!.layout;
  const { name, layout } = call.inputs[1]!;
  const grouping = groupPackedWeights(call, groups);
  const parts = nameGroups(grouping);
  const row = `${lanes === 8 ? 'in_octet' : 'in_quad'} * ${kernel.height} + dy`;
  const whole = layout.tiles.x * layout.tiles.y === 1 && (grouping.pairedWeights || layout.lanes === 4);
  const suffix = (group: number): string => (parts.length > 1 ? `_${group}` : '');
  const place = (group: number): string => `weight_place${suffix(group)}`;
  const rowName = (group: number): string => `weight_y${suffix(group)}`;
  const read = (column: number, group: number): string => {
    if (whole) return `${name}_fetch(${place(group)}.x + ${column}, ${rowName(group)}, ${place(group)}.z)`;
    return `${name}_${grouping.pairedWeights ? 'texel' : 'pixel'}(${image}, ${parts[group]}, ${row}, ${column})`;
  };
  const plane = (part: string): string => (image === '0' ? part : `${image} * ${layout.depth} + ${part}`);
  return {
    ...grouping,
    ...(whole && {
      prepareWeights: parts
        .map((part, group) => `ivec3 ${place(group)} = ${name}_place(${plane(part)}, 0, 0);`)
        .join('\n'),
      prepareRow: parts.map((_, group) => `int ${rowName(group)} = ${place(group)}.y + ${row};`).join('\n'),
    }),
    weight({ dx, lane, group }) {
      const texel = read(dx * lanes + lane, group);
      return grouping.pairedWeights ? `unpack_weights(${texel})` : texel;
    },
  };
}
