/**
 * A plan in words: what each pass computes, from what, into which texture, and what it costs. For people who wonder
 * where time and memory go, and for tests that a rewrite did what it says.
 */
import { formatMebibytes } from '../../base/mebibytes.ts';
import { describeDerived } from '../derive.ts';
import type { KernelChoice } from '../kernel-choice.ts';
import type { Draws, Slot } from './draws.ts';
import { formatShape } from '../shape.ts';

/** @param programs how many the passes share */
export function explainDraws(
  draws: Draws,
  programs: number,
  device: string,
  { shaders = false }: { shaders?: boolean } = {},
): string {
  const halves = draws.slots.filter(({ layout }) => layout.texture.format === 'f16').length;
  const lines = [
    `${draws.passes.length} passes by ${programs} programs on ${device}`,
    `precision: ${halves > 0 ? `half in ${halves} of ${draws.slots.length} textures, sums in fp32` : 'full'}`,
    `${formatMebibytes(draws.constantBytes)} of weights, ${draws.stateBytes > 0 ? `${formatMebibytes(draws.stateBytes)} of states, ` : ''}` +
      `at most ${formatMebibytes(draws.peakBytes)} of other textures at once`,
    `rewrites: ${[...draws.applied].map(([name, count]) => `${name} ×${count}`).join(', ') || 'none'}`,
    '',
  ];
  draws.passes.forEach((pass, index) => {
    const words = pass.op.describe?.(pass.tensor.attributes);
    const inputs = pass.inputs.map((slot) => nameSlot(draws.slots[slot]!, slot)).join(', ');
    const output = draws.slots[pass.output]!;
    const { texture, block } = output.layout;
    const work = pass.cost.macs > 0 ? `, ${(pass.cost.macs / 1e6).toFixed(1)} MMAC` : '';
    lines.push(
      `${String(index + 1).padStart(3)}  %${pass.output} ${formatShape(output.tensor.shape)} = ` +
        `${pass.op.name}${words ? ` {${words}}` : ''}(${inputs})`,
      `       ${texture.width}×${texture.height}×${texture.layers} ${texture.format}, ` +
        `block ${block.width}×${block.height}${work}`,
    );
    if (shaders) lines.push(pass.shader.replace(/^/gm, '       | '));
  });
  return lines.join('\n');
}

export function describeKernels({ targets, block, fetch, without }: KernelChoice): string {
  const words = [
    `${targets} targets in a ${block}`,
    fetch,
    ...(without.length > 0 ? [`without ${without.join(', ')}`] : []),
  ];
  return words.join(', ');
}

function nameSlot({ kind, tensor }: Slot, slot: number): string {
  const words = kind === 'made' ? undefined : describeDerived(tensor);
  return words ? `${words} ${formatShape(tensor.shape)}` : `%${slot}`;
}
