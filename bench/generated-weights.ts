/** All tensors of a dVAE's net as a generator makes them, held in memory: a checkpoint that was read already. */
import type { DvaeArchitecture } from '../nets/dvae/architecture.ts';
import { generateTensors } from '../weights-convert/families/openai/official-size.ts';
import type { Weights } from '../nets/weights.ts';

export function makeWeights<A extends DvaeArchitecture>(architecture: A): Weights<A> {
  const generated = generateTensors(architecture).map(({ name, shape, make }) => ({ name, shape, data: make() }));
  const tensors = generated.map(
    ({ name, shape, data }) => [name, { shape, dtype: 'F32', read: async () => data }] as const,
  );
  const bytes = generated.reduce((sum, { data }) => sum + data.byteLength, 0);
  return {
    architecture,
    tensors: new Map(tensors),
    source: { name: 'generated', bytes, container: 'safetensors' },
    close: async () => {},
  };
}
