/** A task of which only some weights are trained; the others stay what they are, as constants of the graph. */
import { UsageError } from '../base/errors.ts';
import { tensor } from '../engine/index.ts';
import type { WeightTree } from '../nets/weight-tree.ts';
import type { TrainingTask } from './trainer.ts';

/**
 * @param weights all of them, by name
 * @param part what the names of trained ones begin with
 * @throws UsageError `E_ARGUMENT` where none does
 */
export function trainPart(task: TrainingTask, weights: ReadonlyMap<string, Float32Array>, part: string): TrainingTask {
  const isTrained = (name: string): boolean => name === part || name.startsWith(part.endsWith('.') ? part : `${part}.`);
  const specs = task.specs.filter(({ name }) => isTrained(name));
  if (specs.length === 0) throw noPart(task, part);
  const frozen = new Map(
    task.specs
      .filter(({ name }) => !isTrained(name))
      .map(({ name, shape }) => [name, tensor(weights.get(name)!, shape)] as const),
  );
  const tree: WeightTree = {
    has: (name) => frozen.has(name),
    get: (name) => frozen.get(name) ?? task.frozen!.get(name),
    handOn: (x) => x,
  };
  return { ...task, specs, frozen: tree };
}

function noPart({ specs }: TrainingTask, part: string): UsageError {
  const parts = [...new Set(specs.map(({ name }) => name.split('.').slice(0, 2).join('.')))];
  return new UsageError(
    'E_ARGUMENT',
    `trainPart: no weight's name begins with ${JSON.stringify(part.slice(0, 60))}. There are: ${parts.slice(0, 20).join(', ')}.`,
  );
}
