/**
 * Constants on a device: each is read and uploaded once and shared by all plans that use it, such as the two plans of a
 * transformer, one for the prompt and one for a step. The texture is freed when the last plan lets go of it.
 */
import type { NumericArray } from '../op.ts';
import type { ConstantAttributes, TensorOf } from '../tensor.ts';
import type { Layout } from './layout.ts';
import type { GpuTexture } from './texture.ts';

/** What the store asks of the device. */
export interface ConstantMemory {
  upload(layout: Layout, data: NumericArray): GpuTexture;
  release(texture: GpuTexture): void;
}

type Constant = TensorOf<ConstantAttributes>;

interface Entry {
  readonly texture: Promise<GpuTexture>;
  users: number;
}

export class ConstantStore {
  private readonly memory: ConstantMemory;
  private readonly entries = new Map<Constant, Entry>();

  constructor(memory: ConstantMemory) {
    this.memory = memory;
  }

  /** The texture of a constant, uploaded now if no plan has it yet. Each call wants a `release`. */
  async acquire(tensor: Constant, layout: Layout): Promise<GpuTexture> {
    const entry = this.entries.get(tensor) ?? { texture: this.upload(tensor, layout), users: 0 };
    this.entries.set(tensor, entry);
    entry.users++;
    try {
      return await entry.texture;
    } catch (error) {
      if (this.entries.get(tensor) === entry) this.entries.delete(tensor); // the next to ask tries again
      throw error;
    }
  }

  release(tensor: Constant, texture: GpuTexture): void {
    const entry = this.entries.get(tensor);
    if (!entry || --entry.users > 0) return;
    this.entries.delete(tensor);
    this.memory.release(texture);
  }

  private async upload({ attributes }: Constant, layout: Layout): Promise<GpuTexture> {
    return this.memory.upload(layout, await attributes.read());
  }
}
