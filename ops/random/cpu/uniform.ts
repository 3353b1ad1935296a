/** uniform on the CPU: elements are shared out. */
import { sizeOf } from '../../../engine/index.ts';
import type { CpuKernel } from '../../../engine/index.ts';
import { cutElements } from '../../items.ts';
import type { UniformAttributes } from '../attributes.ts';

/** Numbers that a thread draws in some 20 µs. */
const GRAIN = 2048;

export const uniformCpu: CpuKernel<UniformAttributes> = {
  calls({ inputs: [stream, samples], output, attributes: { use, shape } }) {
    const total = sizeOf(output.type.shape);
    const { items, each } = cutElements(total, GRAIN);
    const words = [stream!.address, samples!.address, output.address, total, each, sizeOf(shape), use | 0];
    return [{ kernel: 'uniform', items, words }];
  },
};
