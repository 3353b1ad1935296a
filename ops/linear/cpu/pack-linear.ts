/** pack_linear on the CPU: strips of eight outputs, of halves where the op says so (pack-linear.wasm.ts). */
import type { CpuKernel, CpuOperand } from '../../../engine/index.ts';
import { bytesOfNumber } from '../../conv2d/cpu/pack-weights.ts';
import { STRIP } from '../../matmul/cpu/row-product.ts';
import type { PackAttributes } from '../attributes.ts';

/** Behind strips of halves: what they are to be multiplied by. */
const SCALE_BYTES = 4;

export const packLinearCpu: CpuKernel<PackAttributes> = {
  packedBytes({ attributes: { weight, lanes }, output }) {
    if (lanes !== 1) return undefined;
    const [outputs, inner] = weight;
    const bytes = bytesOfNumber({ type: output.type, storage: 'packed' });
    return bytes * STRIP * Math.ceil(outputs / STRIP) * inner + (bytes === 2 ? SCALE_BYTES : 0);
  },
  calls({ attributes: { weight, lanes }, inputs, output }) {
    if (lanes !== 1) return undefined;
    const [outputs, inner] = weight;
    const [source] = inputs as [CpuOperand];
    const words = [source.address, output.address, outputs, inner, bytesOfNumber(source), bytesOfNumber(output)];
    const pack = { kernel: 'pack_linear', items: Math.ceil(outputs / STRIP), words };
    return bytesOfNumber(output) === 2 ? [{ kernel: 'scale_linear', items: 1, words }, pack] : [pack];
  },
};
