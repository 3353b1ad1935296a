/**
 * A State is a tensor that outlives a run: it keeps its texture on the device from one run to the next, and every plan
 * that names the same State shares it. An op that redraws rows of it (Op.redraws) does so in place, without a copy: so
 * a cache of keys and values grows by a row a step.
 *
 * Rows of a state that nothing has drawn yet hold anything: an op that reads one must know how far it goes.
 */
import { checkText } from '../base/check-argument.ts';
import type { Device } from './gl/device.ts';
import type { GpuTexture } from './gl/texture.ts';
import type { Block, Layout } from './gl/layout.ts';
import type { Op } from './op.ts';
import { sizeOf } from './shape.ts';
import type { TensorType } from './shape.ts';
import { Tensor, apply, checkType } from './tensor.ts';

/** One pixel a texel, so that a row of the tensor is a row of the texture. */
const stateBlock: Block = { width: 1, height: 1 };

export class State {
  readonly label: string;
  readonly type: TensorType;
  /** The handle for graphs. */
  readonly tensor: Tensor;
  private texture: { readonly device: Device; readonly texture: GpuTexture } | undefined;
  /** Where the reference device keeps it. */
  private numbers: Float64Array | undefined;

  /** `type.shape` is [1, 4, rows, width]: a row has `width` texels. */
  constructor(label: string, type: TensorType) {
    checkText('State', 'label', label);
    checkType('State', type);
    this.label = label;
    this.type = type;
    this.tensor = apply(stateOp, [], { state: this });
  }

  /** The texture on a device, made when it is first asked for. A state lives on one device. */
  textureOn(device: Device, layout: Layout): GpuTexture {
    if (this.texture && this.texture.device !== device) this.dispose();
    this.texture ??= { device, texture: device.textures.acquire(layout.texture, 'states') };
    return this.texture.texture;
  }

  /** Row-major numbers on the reference device. */
  get values(): Float64Array {
    return (this.numbers ??= new Float64Array(sizeOf(this.type.shape)));
  }

  set values(numbers: Float64Array) {
    this.numbers = numbers;
  }

  /** Frees its memory. Used again, it begins anew. */
  dispose(): void {
    this.texture?.device.textures.release(this.texture.texture);
    this.texture = undefined;
    this.numbers = undefined;
  }
}

export interface StateAttributes {
  readonly state: State;
}

export const stateOp: Op<StateAttributes> = {
  name: 'state',
  infer: (_inputs, { state }) => state.type,
  reference() {
    throw new Error('states are kept, not computed');
  },
  block: () => stateBlock,
  describe: ({ state }) => state.label,
};
