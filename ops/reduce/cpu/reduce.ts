/** Reductions on the CPU, over axes that lie side by side: lines are shared out. */
import type { CpuKernel } from '../../../engine/index.ts';
import { areFloats, cutWork, linesAlong } from '../../items.ts';
import type { ReducedAxes } from '../axes.ts';

/** Numbers that a thread adds up in some 20 µs. */
const GRAIN = 32_768;

/** @param kernel the function of reduce.wasm.ts, called like the op */
export function reductionCpu(kernel: string): CpuKernel<ReducedAxes> {
  return {
    calls({ inputs: [x], output, attributes }) {
      const { shape } = x!.type;
      const axes = attributes.axes.filter((axis) => shape[axis] !== 1);
      const [first = 0, last = first - 1] = [axes[0], axes.at(-1)];
      const between = shape.slice(first, last + 1).filter((size) => size !== 1).length;
      if (between !== axes.length || !areFloats([x!, output])) return undefined;
      const { units, size, inner, perUnit } = linesAlong(shape, first, last);
      const { items, each } = cutWork(units, GRAIN / perUnit);
      return [{ kernel, items, words: [x!.address, output.address, units, each, size, inner] }];
    },
  };
}
