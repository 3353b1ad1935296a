/**
 * x [1, K] · w [K, N] in parts: [S, G, N/G], where part s sums its share of k, and a fragment makes G quads of columns
 * that lie N/G apart, so that G quads share the texels of x. Summed over S it is the product, in order.
 */
import { apply, sizeOf } from '../../../engine/index.ts';
import type { Op, ReferenceCall, ShaderCall, Tensor } from '../../../engine/index.ts';
import { sum } from '../../../ops/index.ts';
import { countFragments, writeFragmentShader } from '../../../ops/shader/fragment.ts';
import { inBlocks, strip } from '../blocks.ts';

interface Partition {
  /** S: K/4 must be a multiple of it. */
  readonly parts: number;
  /** G: 1, 2, 4 or 8; N/4 must be a multiple of it. */
  readonly groups: number;
  /** w [K, N] holds this many consecutive k at one place, one a layer: 1 or 8. */
  readonly weightLayers: number;
}

const partialSumsOp: Op<Partition> = {
  name: 'partial_matvec',
  infer([, w], { parts, groups }) {
    return { shape: [parts, groups, w!.shape[1]! / groups], dtype: 'f32' };
  },
  reference: computeParts,
  macs: ({ inputs }) => sizeOf(inputs[1]!.type.shape),
  kernels: {
    webgl: {
      shader: writeParts,
      block: (_type, { groups }) => strip(groups),
      fetches({ inputs, output, attributes: { parts, groups } }) {
        const [inner] = inputs[1]!.type.shape as [number, number];
        return (countFragments(output.layout) * (inner / 4) * (1 + 4 * groups)) / parts;
      },
    },
  },
};

export function multiplyInParts(plain: Tensor, partition: Partition): Tensor {
  const [x, w] = plain.inputs as [Tensor, Tensor];
  const partial = apply(partialSumsOp, [x, inBlocks(w, strip(partition.weightLayers))], partition);
  return sum(partial, [0]);
}

function computeParts({ inputs, inputTypes, output, attributes: { parts } }: ReferenceCall<Partition>): void {
  const [inner, columns] = inputTypes[1]!.shape as [number, number];
  for (let k = 0; k < inner; k++) {
    const start = Math.floor(k / (inner / parts)) * columns;
    for (let j = 0; j < columns; j++) output[start + j]! += inputs[0]![k]! * inputs[1]![k * columns + j]!;
  }
}

function writeParts(call: ShaderCall<Partition>): string {
  const { parts, groups } = call.attributes;
  const [inner, columns] = call.inputs[1]!.type.shape as [number, number];
  const { layout } = call.inputs[1]!;
  const steps = inner / 4 / parts;
  const all = Array.from({ length: groups }, (_, group) => group);
  const quadOf = (group: number): string => `quad + ${(group * columns) / groups / 4}`;
  // One place a fragment where all k of a column lie in a row of texels; else found anew for every read.
  const isRow = layout.targets === 1 && layout.tiles.x === 1;
  const weight = (group: number, lane: number): string => {
    if (!isRow) return `b_pixel(0, ${quadOf(group)}, 0, k * 4 + ${lane})`;
    return `b_fetch(place_${group}.x + k * 4 + ${lane}, place_${group}.y, place_${group}.z)`;
  };
  return writeFragmentShader(call, 'matvec in parts', {
    prepare: [
      ...all.map((group) => `vec4 sum_${group} = vec4(0.0);`),
      ...(isRow ? all.map((group) => `ivec3 place_${group} = b_place(${quadOf(group)}, 0, 0);`) : []),
      `for (int step = 0; step < ${steps}; ++step) {`,
      `  int k = n * ${steps} + step;`,
      '  vec4 value = a_pixel(0, k, 0, 0);',
      ...all.map((group) => {
        const terms = ['x', 'y', 'z', 'w'].map((lane, index) => `value.${lane} * ${weight(group, index)}`);
        return `  sum_${group} += ${terms.join(' + ')};`;
      }),
      '}',
    ].join('\n'),
    pixel: ({ pixel }) => `sum_${pixel}`,
  });
}
