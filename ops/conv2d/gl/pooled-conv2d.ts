/**
 * pooled_conv2d in GLSL: a fragment makes its pooled pixels two at a time, from blocks of 4×2 pixels of the
 * convolution, and the map before the pool is never written.
 */
import type { Block, GlKernel, ShaderCall } from '../../../engine/index.ts';
import { divide, modulo } from '../../shader/accessors.ts';
import { largerAlone, largerFunction } from '../../shader/comparison.ts';
import { countFragments, indent, offset, writeFragmentShader } from '../../shader/fragment.ts';
import { addResidual, productDeclarations, writeProductLoop } from '../../shader/product.ts';
import type { ProductLoop } from '../../shader/product.ts';
import type { PackedConv2dAttributes } from '../attributes.ts';

export const pooledConv2dGl: GlKernel<PackedConv2dAttributes> = {
  shader: writePooledShader,
  fetches({ attributes: { bias, gain }, inputs, output }) {
    const { block, targets } = output.layout;
    const { width, height } = partOf(block);
    const pixels = width * height;
    const reads = inputs[0]!.layout.quads * (pixels + 4) + (bias ? 1 : 0) + (gain === undefined ? 0 : pixels);
    return (countFragments(output.layout) * targets * reads * 4) / pixels;
  },
};

type Call = ShaderCall<PackedConv2dAttributes>;

/** Pixels of the convolution that are computed at once: those of two outputs, where a fragment makes as many. */
function partOf({ width }: Block): Block {
  return { width: 2 * Math.min(2, width), height: 2 };
}

function writePooledShader(call: Call): string {
  const { layout } = call.output;
  const outputs = Array.from({ length: layout.targets }, (_, pixel) => pixel);
  const parts = layout.targets / (partOf(layout.block).width / 2);
  const loop = makeLoop(call);
  return writeFragmentShader(call, 'conv2d 1×1, 2×2 pool on write', {
    declarations: `${productDeclarations(call, loop)}\n\n${loop.reluInput ? largerAlone : largerFunction}`,
    prepare: [
      ...outputs.map((pixel) => `vec4 pooled_${pixel};`),
      // A loop, since four copies take twice as long to compile.
      `for (int part = 0; part < ${parts}; ++part) {\n${indent(writePart(call, loop))}\n}`,
    ].join('\n'),
    pixel: ({ pixel }) => `pooled_${pixel}`,
  });
}

function makeLoop(call: Call): ProductLoop {
  const { bias, reluInput } = call.attributes;
  const { tiles } = call.inputs[1]!.layout;
  return {
    kernel: { height: 1, width: 1 },
    reluInput,
    start: () => (bias ? 'bias_pixel(0, quad, 0, 0)' : 'vec4(0.0)'),
    ...(tiles.x * tiles.y > 1
      ? { weight: ({ lane }) => `packed_pixel(0, quad, in_quad, ${lane})` }
      : {
          prepareWeights: 'ivec3 weight_place = packed_place(quad, 0, 0);',
          weight: ({ lane }) => `packed_fetch(weight_place.x + ${lane}, weight_place.y + in_quad, weight_place.z)`,
        }),
  };
}

/** Statements that make the outputs of a part: a product whose block is the part's. */
function writePart(call: Call, loop: ProductLoop): string {
  const { grid } = call.inputs[0]!.layout;
  const { gain } = call.attributes;
  const whole = call.output.layout.block;
  const block = partOf(whole);
  const origin = { y: 'part_y', x: 'part_x', column: `(part_x / ${block.width})` };
  const layout = { ...call.output.layout, block, targets: block.width * block.height };
  const finish = (pixel: number): string => {
    if (gain === undefined) return `sum_${pixel}`;
    const y = `min(${offset('part_y', Math.floor(pixel / block.width))}, ${grid.h - 1})`;
    const x = `min(${offset('part_x', pixel % block.width)}, ${grid.w - 1})`;
    return addResidual(`sum_${pixel}`, `residual_pixel(n, quad, ${y}, ${x})`, gain);
  };
  const perPart = block.width / 2; // parts lie side by side, row by row, as outputs do
  const across = whole.width / perPart;
  const pooled = Array.from({ length: call.output.layout.targets }, (_, output) => {
    const corner = 2 * (output % perPart);
    const [a, b, c, d] = [corner, corner + 1, corner + block.width, corner + block.width + 1];
    const value = `larger(larger(pixel_${a}, pixel_${b}), larger(pixel_${c}, pixel_${d}))`;
    return `if (part == ${Math.floor(output / perPart)}) pooled_${output} = ${value};`;
  });
  return [
    `int part_y = y0 * 2${whole.height > 1 ? ` + ${divide('part', across)} * 2` : ''};`,
    `int part_x = x0 * 2 + ${whole.height > 1 ? modulo('part', across) : 'part'} * ${block.width};`,
    writeProductLoop({ ...call, output: { ...call.output, layout } }, { ...loop, origin }),
    ...Array.from({ length: layout.targets }, (_, pixel) => `vec4 pixel_${pixel} = ${finish(pixel)};`),
    ...pooled,
  ].join('\n');
}
