/** LayerNorm on the CPU: rows are shared out. */
import { floatWord } from '../../../engine/index.ts';
import type { CpuKernel } from '../../../engine/index.ts';
import { areFloats, cutWork } from '../../items.ts';
import type { LayerNormAttributes } from '../attributes.ts';

/** Numbers that a thread normalizes in some 20 µs. */
const GRAIN = 16_384;

export const layerNormCpu: CpuKernel<LayerNormAttributes> = {
  calls({ inputs, output, attributes: { eps } }) {
    if (!areFloats([...inputs, output])) return undefined;
    const [x, weight, bias] = inputs;
    const channels = weight!.type.shape[0]!;
    const rows = x!.type.shape.reduce((product, size) => product * size, 1) / channels;
    const { items, each } = cutWork(rows, GRAIN / channels);
    const addresses = [x!.address, weight!.address, bias!.address, output.address];
    return [{ kernel: 'layer_norm', items, words: [...addresses, channels, rows, each, floatWord(eps)] }];
  },
};
