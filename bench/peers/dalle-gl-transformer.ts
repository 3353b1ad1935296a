/**
 * Our transformers as the suites draw from them: the plans that `begin` makes, logits read back at every step.
 */
import { WebGLDevice } from '../../engine/index.ts';
import type { Device } from '../../engine/index.ts';
import { expectedTransformerTensors } from '../../nets/transformer/tensors.ts';
import { countElements } from '../../weights-convert/torch/tensor-record.ts';
import type { Decoding } from '../../nets/decoding.ts';
import type { TokenTransformer } from '../../nets/token-transformer.ts';
import { Transformer } from '../../nets/transformer/transformer.ts';
import { nameOurs } from './dalle-gl.ts';
import type { TransformerModel, TransformerPeer } from './transformer-peer.ts';

export function createOurTransformer(
  device: Device,
  model: TransformerModel,
  batch: number,
  threads = 0,
): TransformerPeer {
  const { architecture, tensors, text, isHalf = false } = model;
  const source = { name: model.name, bytes: 0, container: 'safetensors' } as const;
  const open = (): Transformer => new Transformer({ architecture, tensors, source, close: async () => {} }, { device });
  return drawFrom(device, { open, text, isHalf, stepBytes: countStepBytes(model) }, batch, threads);
}

/** A net that tokens are drawn from, and what it is given to read. */
interface DrawnNet {
  open(): Omit<TokenTransformer, 'begin'> & { begin(text: Int32Array, batch: number): Promise<Decoding> };
  readonly text: Int32Array;
  readonly isHalf: boolean;
  /** Bytes of weights that a step must read. */
  readonly stepBytes: number;
}

/** @param threads that the device was opened with, where it is told such a number */
export function drawFrom(
  device: Device,
  { open, text, isHalf, stepBytes }: DrawnNet,
  batch: number,
  threads: number,
): TransformerPeer {
  const textures = device instanceof WebGLDevice ? device.gpu.textures : undefined;
  textures?.trim();
  textures?.resetPeak();
  const transformer = open();
  let decoding: Decoding | undefined;
  return {
    name: `${nameOurs(device, threads)}${isHalf ? ', halves' : ''}`,
    isHalf,
    ...(!textures && { stepBytes }),
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
