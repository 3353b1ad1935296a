/**
 * Constants on a device: each is read and uploaded once and shared by all plans that use it, such as the two plans of a
 * transformer, one for the prompt and one for a step. It goes when the last of them lets go.
 */
import type { Layout } from './layout.ts';
import type { ConstantAttributes, Tensor } from '../tensor.ts';
import type { Device } from './device.ts';
import type { GpuTexture } from './texture.ts';

interface Entry {
  readonly texture: Promise<GpuTexture>;
  users: number;
}

export class ConstantStore {
  private readonly device: Device;
  private readonly entries = new Map<Tensor, Entry>();

  constructor(device: Device) {
    this.device = device;
  }

  /** The texture of a constant, uploaded now if no plan has it yet. Each call wants a `release`. */
  async acquire(tensor: Tensor, layout: Layout): Promise<GpuTexture> {
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

  release(tensor: Tensor, texture: GpuTexture): void {
    const entry = this.entries.get(tensor);
    if (!entry || --entry.users > 0) return;
    this.entries.delete(tensor);
    this.device.textures.release(texture);
  }

  private async upload(tensor: Tensor, layout: Layout): Promise<GpuTexture> {
    const data = await (tensor.attributes as ConstantAttributes).read();
    return this.device.upload(layout, data, 'weights');
  }
}
