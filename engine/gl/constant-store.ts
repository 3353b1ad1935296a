/**
 * What never changes on a device: constants, and what is derived of constants. Each is made once and shared by all
 * plans that use it, such as the two plans of a transformer, one for the prompt and one for a step. The texture is
 * freed when the last plan lets go of it.
 */
import type { Tensor } from '../tensor.ts';
import type { GpuTexture } from './texture.ts';

interface Entry {
  readonly texture: Promise<GpuTexture>;
  users: number;
}

export class ConstantStore {
  private readonly free: (texture: GpuTexture) => void;
  private readonly entries = new Map<Tensor, Entry>();

  constructor(free: (texture: GpuTexture) => void) {
    this.free = free;
  }

  /** The texture of a value, made now if no plan has it yet. Each call wants a `release`. */
  async acquire(tensor: Tensor, make: () => Promise<GpuTexture>): Promise<GpuTexture> {
    const entry = this.entries.get(tensor) ?? { texture: make(), users: 0 };
    this.entries.set(tensor, entry);
    entry.users++;
    try {
      return await entry.texture;
    } catch (error) {
      if (this.entries.get(tensor) === entry) this.entries.delete(tensor); // the next to ask tries again
      throw error;
    }
  }

  release(tensor: Tensor, texture: GpuTexture): void {
    const entry = this.entries.get(tensor);
    if (!entry || --entry.users > 0) return;
    this.entries.delete(tensor);
    this.free(texture);
  }
}
