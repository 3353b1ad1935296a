/**
 * Our transformer as the suite draws from it: the plans that `Transformer.begin` makes, logits read back at every step.
 */
import type { WebGLDevice } from '../../engine/index.ts';
import type { Decoding } from '../../nets/transformer/decoding.ts';
import { Transformer } from '../../nets/transformer/transformer.ts';
import type { TransformerModel, TransformerPeer } from './transformer-peer.ts';

export function createOurTransformer(device: WebGLDevice, model: TransformerModel, batch: number): TransformerPeer {
  device.gpu.textures.trim();
  device.gpu.textures.resetPeak();
  const { architecture, tensors, text } = model;
  const source = { name: model.name, bytes: 0, container: 'safetensors' } as const;
  const transformer = new Transformer({ architecture, tensors, source, close: async () => {} }, { device });
  let decoding: Decoding | undefined;
  return {
    name: 'dalle-gl',
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
      const { weightBytes, stateBytes, peakBytes } = device.gpu.textures.ledger();
      return { weights: weightBytes, states: stateBytes, peak: weightBytes + stateBytes + peakBytes };
    },
    async dispose() {
      decoding?.dispose();
      await transformer.dispose();
    },
  };
}
