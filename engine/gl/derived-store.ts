/**
 * What is derived of states on a device, such as a packed weight that training changes: it stays there between runs,
 * plans share it, and it is made again when a run finds that one of its states has changed since. A run that is under
 * way keeps the texture that it began with.
 */
import { listStates } from '../derive.ts';
import type { Tensor } from '../tensor.ts';
import type { GpuTexture } from './texture.ts';

/** What a run holds until it ends. */
export interface Held {
  readonly texture: GpuTexture;
  readonly version: string;
  runs: number;
}

interface Entry {
  plans: number;
  /** What runs are given. */
  current: Held | undefined;
  making: Promise<void> | undefined;
}

/** What the store asks of the device. */
interface Memory {
  allocate(): GpuTexture;
  free(texture: GpuTexture): void;
}

export class DerivedStore {
  private readonly free: Memory['free'];
  private readonly entries = new Map<Tensor, Entry>();

  constructor(free: Memory['free']) {
    this.free = free;
  }

  /** Notes that a plan needs it. Each call wants a `release`. */
  acquire(tensor: Tensor): void {
    const entry = this.entries.get(tensor) ?? { plans: 0, current: undefined, making: undefined };
    entry.plans++;
    this.entries.set(tensor, entry);
  }

  release(tensor: Tensor): void {
    const entry = this.entries.get(tensor);
    if (!entry || --entry.plans > 0) return;
    this.entries.delete(tensor);
    if (entry.current) this.free(entry.current.texture);
  }

  /**
   * The value of its states as they are now, for a plan that has it acquired. Each call wants a `letGo`.
   * @param fill draws it into a texture
   */
  async hold(
    tensor: Tensor,
    allocate: Memory['allocate'],
    fill: (texture: GpuTexture) => Promise<void>,
  ): Promise<Held> {
    const entry = this.entries.get(tensor)!;
    for (;;) {
      if (entry.current?.version === versionOf(tensor)) {
        entry.current.runs++;
        return entry.current;
      }
      // Another run makes it, of these states or of older ones; what it fails with is its own affair.
      if (entry.making) await entry.making.catch(() => {});
      else {
        entry.making = this.remake(entry, tensor, allocate, fill).finally(() => (entry.making = undefined));
        await entry.making;
      }
    }
  }

  letGo(tensor: Tensor, held: Held): void {
    held.runs--;
    if (held.runs === 0 && this.entries.get(tensor)?.current !== held) this.free(held.texture);
  }

  private async remake(
    entry: Entry,
    tensor: Tensor,
    allocate: Memory['allocate'],
    fill: (texture: GpuTexture) => Promise<void>,
  ): Promise<void> {
    const version = versionOf(tensor); // before it is drawn: what changes meanwhile makes it old at once
    const texture = takeIdle(entry) ?? allocate();
    entry.current = undefined;
    try {
      await fill(texture);
      entry.current = { texture, version, runs: 0 };
    } catch (error) {
      this.free(texture);
      throw error;
    }
  }
}

/** The texture of what is out of date, unless a run still reads it. */
function takeIdle({ current }: Entry): GpuTexture | undefined {
  return current?.runs === 0 ? current.texture : undefined;
}

function versionOf(tensor: Tensor): string {
  return listStates(tensor)
    .map(({ version }) => version)
    .join();
}
