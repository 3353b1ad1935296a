/**
 * A found net as weights. Of all that reads checkpoints a model folder needs this alone, so that whoever opens one
 * fetches nothing else of it.
 */
import { FormatError } from '../base/errors.ts';
import { expectedNetTensors } from '../nets/net-kinds.ts';
import type { TensorData, Weights } from '../nets/weights.ts';
import type { ByteSource } from './byte-source.ts';
import { checkFractions, checkTensors } from './check-tensors.ts';
import { FAMILIES } from './families/all-families.ts';
import type { Family } from './families/family.ts';
import type { FoundNet } from './families/found-net.ts';
import { nameTensors } from './net-tensors.ts';
import type { Container } from './sniff.ts';
import { countElements } from './torch/tensor-record.ts';

/** Views can make a small file ask for much: what all tensors take must be in proportion to the file. */
const MIN_TENSOR_BUDGET = 64 * 1024 * 1024;

/**
 * A found net as weights: its tensors checked against its architecture, and put in order.
 *
 * @throws FormatError `E_KEYS_MISSING`, `E_KEYS_EXTRA`, `E_KEYS_SHAPE`, `E_TENSOR_DTYPE`, `E_TENSOR_BUDGET`
 */
export function makeWeights(
  net: FoundNet,
  source: ByteSource,
  container: Container,
  families: readonly Family[] = FAMILIES,
): Weights {
  const { architecture } = net;
  const byName = new Map(nameTensors(architecture, net.tensors, families).map((named) => [named.name, named]));
  const tensors = new Map([...byName].map(([name, { tensor }]) => [name, tensor]));
  checkTensors(architecture, tensors, source.name);
  checkFractions(architecture, tensors, source.name);
  checkTotal(net.tensors, source);
  const ordered = [...expectedNetTensors(architecture).keys()].map((name) => byName.get(name)!);
  const isRenamed = ordered.some(({ name, ownName }) => name !== ownName);
  return {
    architecture,
    ...(net.family !== undefined && { family: net.family }),
    tensors: new Map(ordered.map(({ ownName }) => [ownName, net.tensors.get(ownName)!])),
    ...(isRenamed && { byNetName: new Map(ordered.map(({ name, tensor }) => [name, tensor])) }),
    source: { name: source.name, bytes: source.size, container },
    ...(net.leftOut?.length && { leftOut: net.leftOut }),
    ...(net.leftOutValues?.length && { leftOutValues: net.leftOutValues }),
    ...(net.takenOff?.length && { takenOff: net.takenOff }),
    close: async () => source.close?.(),
  };
}

function checkTotal(tensors: ReadonlyMap<string, TensorData>, source: ByteSource): void {
  const total = [...tensors.values()].reduce((sum, { shape }) => sum + 4 * countElements(shape), 0);
  const budget = Math.max(4 * source.size, MIN_TENSOR_BUDGET);
  if (total <= budget) return;
  throw new FormatError(
    'E_TENSOR_BUDGET',
    `openWeights: ${source.name} has ${source.size} bytes, its tensors would take ${total}; at most ${budget} are ` +
      `allowed. Its tensors overlap or repeat, as in files made to exhaust memory: do not trust it.`,
  );
}
