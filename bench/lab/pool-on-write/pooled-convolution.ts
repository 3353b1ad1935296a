/**
 * The engine's packed convolution that pools 2×2 as it writes. A fragment computes blocks of 4×2 pixels one after the
 * other, each the engine's own loop, and writes the largest of each window; the map of the full size never exists.
 */
import { apply, rewrite } from '../../../engine/index.ts';
import type { Op, Rule, ShaderCall, Tensor } from '../../../engine/index.ts';
import { computePackedConv2d, packedConv2dOp } from '../../../ops/conv2d/packed-conv2d.ts';
import type { PackedConv2dAttributes } from '../../../ops/conv2d/packed-conv2d.ts';
import { maxPool2dOp } from '../../../ops/max-pool2d/max-pool2d.ts';
import { packConv2d } from '../../../ops/rewrite/pack-conv2d.ts';
import { reluOnRead } from '../../../ops/rewrite/relu-on-read.ts';
import { residualOnWrite } from '../../../ops/rewrite/residual-on-write.ts';
import { largerFunction } from '../../../ops/shader/comparison.ts';
import { countFragments, indent, writeFragmentShader } from '../../../ops/shader/fragment.ts';
import { addResidual, writeProductLoop } from '../../../ops/shader/product.ts';
import { strip, withBlock } from '../blocks.ts';

/** What the engine does with the convolution before the pool. */
export const fuseConvolution: readonly Rule[] = [packConv2d, reluOnRead, residualOnWrite];

/** `maxPool2d(add(id, conv2d(…)), 2)` as one pass whose fragments make `outputs` pooled pixels side by side. */
export function poolAsWritten(plain: Tensor, outputs: number): Tensor {
  const [convolution] = rewrite([plain.inputs[0]!], fuseConvolution).outputs;
  return apply(withBlock(pooledOp, strip(outputs)), convolution!.inputs, convolution!.attributes);
}

type Call = ShaderCall<PackedConv2dAttributes>;

const part = { width: 4, height: 2 };

const pooledOp: Op<PackedConv2dAttributes> = {
  name: 'packed_conv2d_pooled',
  infer(inputs, attributes) {
    return maxPool2dOp.infer([packedConv2dOp.infer(inputs, attributes)], { size: 2 });
  },
  reference(call) {
    const [batch, channels, height, width] = call.outputType.shape as [number, number, number, number];
    const outputType = { shape: [batch, channels, 2 * height, 2 * width], dtype: 'f32' as const };
    const output = new Float64Array(4 * call.output.length);
    computePackedConv2d({ ...call, output, outputType });
    maxPool2dOp.reference({ ...call, inputs: [output], inputTypes: [outputType], attributes: { size: 2 } });
  },
  glsl: writePooled,
  cost({ attributes: { weight }, inputs, output }) {
    const reads = inputs[0]!.layout.quads * (8 + 4) + 8 + 1; // pixels and weights of a part, then residual and bias
    const fragments = countFragments(output.layout);
    const macs = 4 * output.type.shape.reduce((product, size) => product * size, 1) * weight[1];
    return { macs, fetches: (fragments * output.layout.targets * reads) / 2 };
  },
};

function writePooled(call: Call): string {
  const { layout } = call.output;
  const outputs = Array.from({ length: layout.targets }, (_, pixel) => pixel);
  const parts = outputs.filter((pixel) => pixel % 2 === 0);
  return writeFragmentShader(call, 'conv2d 1×1, pooled', {
    declarations: `vec4 keep_if(bool inside, vec4 texel) {
  return inside ? texel : vec4(0.0);
}

${largerFunction}

vec4 relu(vec4 v) {
  return mix(max(v, 0.0), v, is_nan(v));
}`,
    prepare: [...outputs.map((pixel) => `vec4 pooled_${pixel};`), ...parts.map((first) => writePart(call, first))].join(
      '\n',
    ),
    pixel: ({ pixel }) => `pooled_${pixel}`,
  });
}

/** Statements that make outputs `first` and `first + 1`. The loop's names for where its block is are given to the part. */
function writePart(call: Call, first: number): string {
  const { grid } = call.inputs[0]!.layout;
  const layout = { ...call.output.layout, block: part, targets: 8 };
  const loop = writeProductLoop(
    { ...call, output: { ...call.output, layout } },
    {
      kernel: { height: 1, width: 1 },
      reluInput: call.attributes.reluInput,
      start: () => 'c_pixel(0, quad, 0, 0)',
      prepareWeights: 'ivec3 weight_place = b_place(quad, 0, 0);',
      weight: ({ lane }) => `b_fetch(weight_place.x + ${lane}, weight_place.y + in_quad, weight_place.z)`,
    },
  );
  const finished = (pixel: number): string => {
    const y = `min(part_y + ${Math.floor(pixel / part.width)}, ${grid.h - 1})`;
    const x = `min(part_x + ${pixel % part.width}, ${grid.w - 1})`;
    return addResidual(`sum_${pixel}`, `d_pixel(n, quad, ${y}, ${x})`, call.attributes.gain!);
  };
  const window = (corner: number): string => {
    const [a, b, c, d] = [corner, corner + 1, corner + part.width, corner + part.width + 1].map(finished);
    return `larger(larger(${a}, ${b}), larger(${c}, ${d}))`;
  };
  return [
    '{',
    indent(
      [
        'int part_y = y0 * 2;',
        `int part_x = (x0 + ${first}) * 2;`,
        loop.replaceAll('y0', 'part_y').replaceAll('x0', 'part_x'),
        `pooled_${first} = ${window(0)};`,
        `pooled_${first + 1} = ${window(2)};`,
      ].join('\n'),
    ),
    '}',
  ].join('\n');
}
