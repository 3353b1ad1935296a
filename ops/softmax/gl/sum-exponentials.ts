/** sum_exponentials in GLSL: a fragment walks a line, or four beside each other, once. */
import type { GlKernel } from '../../../engine/index.ts';
import { accurateExp } from '../../elementwise/gl/accurate.ts';
import type { AxisAttributes } from '../../reduce/attributes.ts';
import { writeLineSum } from '../../reduce/gl/along-axis.ts';
import { singlePixelBlock } from '../../shader/fragment.ts';
import { channelAxis } from '../../shader/indices.ts';

export const sumExponentialsGl: GlKernel<AxisAttributes> = {
  shader(call) {
    const isChannel = call.attributes.axis === channelAxis(call.inputs[0]!.type.shape.length);
    return writeLineSum(call, 'sum_exponentials', {
      declarations: accurateExp,
      prepare: `vec4 largest = largest_pixel(n, quad, y, x)${isChannel ? '.xxxx' : ''};`,
      term: (at) => `accurate_exp(x_pixel(${at}) - largest)`,
      isZeroBeyond: false,
    });
  },
  block: () => singlePixelBlock,
};
