/**
 * Our transformer as the suite draws from it: the plans that `Transformer.begin` makes, logits read back at every step.
 */
import { WebGLDevice } from '../../engine/index.ts';
import type { Device } from '../../engine/index.ts';
import { expectedTransformerTensors } from '../../nets/transformer/tensors.ts';
import { countElements } from '../../weights-convert/torch/tensor-record.ts';
import type { Decoding } from '../../nets/decoding.ts';
import { Transformer } from '../../nets/transformer/transformer.ts';
import { nameOurs } from './dalle-gl.ts';
import type { TransformerModel, TransformerPeer } from './transformer-peer.ts';

/** @param threads that the device was opened with, where it is told such a number */
export function createOurTransformer(
  device: Device,
  model: TransformerModel,
  batch: number,
  threads = 0,
): TransformerPeer {
  const textures = device instanceof WebGLDevice ? device.gpu.textures : undefined;
  textures?.trim();
  textures?.resetPeak();
  const { architecture, tensors, text, isHalf = false } = model;
  const source = { name: model.name, bytes: 0, container: 'safetensors' } as const;
  const transformer = new Transformer({ architecture, tensors, source, close: async () => {} }, { device });
  let decoding: Decoding | undefined;
  return {
    name: `${nameOurs(device, threads)}${isHalf ? ', halves' : ''}`,
    isHalf,
    ...(!textures && { stepBytes: countStepBytes(model) }),
    async read() {
      decoding?.dispose(); // gives the plans back, and begin takes them again
      decoding = await transformer.begin(text, batch);
      return decoding.first;
    },
    async step(position, tokens) {
      decoding!.position = position;
      return decoding!.step(tokens);
    },
    textureBytes() {
      if (!textures) return undefined;
      const { weightBytes, stateBytes, peakBytes } = textures.ledger();
      return { weights: weightBytes, states: stateBytes, peak: weightBytes + stateBytes + peakBytes };
    },
    async dispose() {
      decoding?.dispose();
      await transformer.dispose();
    },
  };
}

/** Of the products of all layers and of the image head: each of their weights is read once, however many candidates. */
function countStepBytes({ architecture, isHalf }: TransformerModel): number {
  const layers = [...expectedTransformerTensors(architecture)].filter(([name]) => /^layers\..*\.weight$/.test(name));
  const numbers = layers.reduce((sum, [, shape]) => sum + (shape.length === 2 ? countElements(shape) : 0), 0);
  const head = architecture.image_vocab * architecture.dim;
  return (numbers + head) * (isHalf ? 2 : 4);
}
