/** pack_weights on the CPU: panels of four output channels; halves stay halves (pack-weights.wasm.ts). */
import type { CpuKernel, CpuOperand } from '../../../engine/index.ts';
import type { PackAttributes } from '../attributes.ts';

/** Output channels of a panel: rows of the register tile. */
export const PANEL = 4;

export const packWeightsCpu: CpuKernel<PackAttributes> = {
  packedBytes({ attributes: { lanes, weight }, output }) {
    if (lanes !== 1) return undefined;
    return (
      bytesOfNumber({ type: output.type, storage: 'packed' }) * PANEL * Math.ceil(weight[0] / PANEL) * innerOf(weight)
    );
  },
  calls({ attributes: { lanes, weight }, inputs, output }) {
    if (lanes !== 1) return undefined;
    const [source] = inputs as [CpuOperand];
    const bytes = [bytesOfNumber(source), bytesOfNumber(output)];
    const words = [source.address, output.address, weight[0], innerOf(weight), ...bytes];
    return [{ kernel: 'pack_weights', items: Math.ceil(weight[0] / PANEL), words }];
  },
};

/** Terms of a sum. */
function innerOf([, inChannels, height, width]: PackAttributes['weight']): number {
  return inChannels * height * width;
}

/** Halves of constants are kept as halves, and so are panels made of them; other halves are floats, rounded. */
export function bytesOfNumber({ type, storage }: Pick<CpuOperand, 'type' | 'storage'>): number {
  return type.dtype === 'f16' && storage !== 'rows' ? 2 : 4;
}
