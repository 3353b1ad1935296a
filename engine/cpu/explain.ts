/** A plan on the CPU in words: what each step calls and how much memory all takes. */
import { formatShape } from '../shape.ts';
import type { Plan } from '../plan.ts';
import { chooseCalls } from './bind.ts';
import type { Places } from './places.ts';

/** Steps of which nobody should find many in a net. */
const PLAIN_LOOP = 'plain loop';

export function explainProgram(plan: Plan, { places, peakBytes }: Places, description: string): string {
  const bytesOf = (kind: string): number =>
    places.reduce((sum, place) => sum + (place.kind === kind ? place.bytes : 0), 0);
  const steps = plan.steps.map((step, index) => {
    const { op, tensor } = step;
    const calls = chooseCalls(step, places, () => 0, 0);
    const names = calls?.map(({ kernel, items }) => `${kernel} ×${items}`).join(' + ');
    const how = names === undefined ? PLAIN_LOOP : names || 'no work: the same numbers seen otherwise';
    const words = op.describe?.(tensor.attributes);
    return `${index + 1}. ${op.name} ${formatShape(tensor.shape)}${words ? ` (${words})` : ''}: ${how}`;
  });
  const loops = steps.filter((line) => line.endsWith(PLAIN_LOOP)).length;
  return [
    description,
    `${plan.steps.length} steps, ${loops} of them by a plain loop`,
    ...steps,
    `constants ${bytesOf('constant') + bytesOf('derived')} bytes, states ${bytesOf('state')}, a run ${peakBytes}`,
  ].join('\n');
}
