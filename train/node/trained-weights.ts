/** Weights that were trained here as those of a net, for whoever computes with them and for a model folder. */
import { createHash } from 'node:crypto';
import { expectedNetTensors, type NetArchitecture } from '../../nets/net-kinds.ts';
import type { Dtype, TensorData, Weights } from '../../nets/weights.ts';
import { netTensors } from '../../nets/weights.ts';
import type { SourceDescription } from '../../weights-convert/model-folder/manifest.ts';
import type { RunSettings } from './checkpoint.ts';
import type { BaseModel } from './run-stage.ts';

/**
 * The weights of a net.
 *
 * @param prefix what their names have before those of the net
 */
export function makeTrainedWeights<Architecture extends NetArchitecture>(
  architecture: Architecture,
  family: string,
  weights: ReadonlyMap<string, Float32Array>,
  prefix = '',
): Weights<Architecture> {
  const dtype: Dtype = 'F32';
  const tensors = new Map(
    [...expectedNetTensors(architecture)].map(([name, shape]): [string, TensorData] => {
      const numbers = weights.get(prefix + name)!;
      return [name, { shape, dtype, read: async () => numbers.slice() }];
    }),
  );
  const bytes = [...tensors.keys()].reduce((sum, name) => sum + weights.get(prefix + name)!.byteLength, 0);
  return {
    architecture,
    family,
    tensors,
    source: { name: 'trained by dalle-gl', bytes, container: 'memory' },
    close: async () => {},
  };
}

/** The numbers of a net's weights, by name with `prefix` before. */
export async function readNetWeights(weights: Weights, prefix = ''): Promise<Map<string, Float32Array>> {
  const read = new Map<string, Float32Array>();
  for (const [name, tensor] of netTensors(weights)) read.set(prefix + name, await tensor.read());
  return read;
}

const OWN_LICENCE = 'of whoever trained it';

/**
 * What is said of a model that was trained here. What is said of the models that it is made of holds for it too:
 * weights that were not for sale do not become so by more training.
 */
export function joinProvenance(bases: readonly BaseModel[]): BaseModel {
  const licences = [...new Set(bases.flatMap(({ licence }) => licence ?? []))].filter((text) => text !== OWN_LICENCE);
  const notices = [...new Set(bases.flatMap(({ notice }) => notice ?? []))];
  const sampling = bases.find((base) => base.sampling)?.sampling;
  return {
    licence: licences.length > 0 ? `${OWN_LICENCE}, and of what it was made of: ${licences.join('; ')}` : OWN_LICENCE,
    ...(notices.length > 0 && { notice: notices.join(' ') }),
    ...(sampling && { sampling }),
  };
}

/** Where weights come from that were trained here: the settings of the run, which make them again. */
export function describeRun(settings: RunSettings): SourceDescription {
  const text = new TextEncoder().encode(JSON.stringify(settings));
  return {
    name: 'trained by dalle-gl',
    bytes: text.length,
    sha256: createHash('sha256').update(text).digest('hex'),
    official: false,
    note: `trained by dalle-gl; ${Object.entries(settings)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => `${name} ${String(value)}`)
      .join(', ')}`,
  };
}
