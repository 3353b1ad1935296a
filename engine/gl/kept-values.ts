/**
 * What a plan keeps on its device between runs: constants, what is derived of them, and what is derived of states. It
 * is made when the plan is prepared, but for the last, which a run makes anew where a state has changed.
 */
import { isFoldable } from '../derive.ts';
import type { ValueIndex } from '../plan.ts';
import { drawDerived, makeDerived, planDerivations, uploadKept } from './derivations.ts';
import type { DrawnDerivation } from './derivations.ts';
import type { Held } from './derived-store.ts';
import type { Slot } from './draws.ts';
import { readyProgram } from './ready-program.ts';
import type { GpuTexture } from './texture.ts';
import type { Gpu } from './gpu.ts';

/** What is derived of states, as a run has it. */
export type HeldValues = ReadonlyMap<ValueIndex, Held>;

export class KeptValues {
  private readonly gpu: Gpu;
  private readonly slots: readonly Slot[];
  /** Of the derived values that draws make; planned when they are first wanted. */
  private derivations: ReadonlyMap<Slot, DrawnDerivation> | undefined;
  private readonly constants = new Map<ValueIndex, GpuTexture>();
  private readonly changing = new Set<ValueIndex>();

  constructor(gpu: Gpu, slots: readonly Slot[]) {
    this.gpu = gpu;
    this.slots = slots;
  }

  /** Sources of the programs that `prepare` and `hold` draw with. */
  listSources(): string[] {
    return [...this.plan().values()].flatMap(({ shaders }) => shaders.map(({ source }) => source));
  }

  /**
   * Makes what is not there yet.
   * @param before called before each value; it may throw to stop
   * @param between called after each pause within one
   */
  async prepare(before: (done: number, total: number) => void, between: () => void): Promise<void> {
    const kept = this.slots.flatMap((slot, index) => {
      return slot.kind === 'constant' || slot.kind === 'derived' ? [{ slot, index }] : [];
    });
    for (const [done, { slot, index }] of kept.entries()) {
      before(done, kept.length);
      await this.prepareOne(slot, index, between);
    }
  }

  /** Of a constant, or what is derived of constants. */
  textureOf(index: ValueIndex): GpuTexture | undefined {
    return this.constants.get(index);
  }

  /** What is derived of states, of these as they are now. Wants a `letGo`. */
  async hold(between: () => void): Promise<HeldValues> {
    const { gpu } = this;
    const held = new Map<ValueIndex, Held>();
    try {
      for (const index of this.changing) {
        const slot = this.slots[index]!;
        const derivation = this.plan().get(slot)!;
        const allocate = (): GpuTexture => gpu.textures.acquire(slot.layout.texture, 'weights');
        const fill = (texture: GpuTexture): Promise<void> => drawDerived(gpu, derivation, texture, between);
        held.set(index, await gpu.derived.hold(slot.tensor, allocate, fill));
      }
      return held;
    } catch (error) {
      this.letGo(held);
      throw error;
    }
  }

  letGo(held: HeldValues): void {
    for (const [index, one] of held) this.gpu.derived.letGo(this.slots[index]!.tensor, one);
  }

  free(): void {
    for (const [index, texture] of this.constants) this.gpu.constants.release(this.slots[index]!.tensor, texture);
    for (const index of this.changing) this.gpu.derived.release(this.slots[index]!.tensor);
    this.constants.clear();
    this.changing.clear();
  }

  private plan(): ReadonlyMap<Slot, DrawnDerivation> {
    this.derivations ??= planDerivations(this.slots, this.gpu.settings);
    return this.derivations;
  }

  private async prepareOne(slot: Slot, index: ValueIndex, between: () => void): Promise<void> {
    const { gpu } = this;
    if (this.constants.has(index) || this.changing.has(index)) return;
    const derivation = this.plan().get(slot);
    if (derivation && !isFoldable(slot.tensor)) {
      gpu.derived.acquire(slot.tensor);
      this.changing.add(index);
      for (const [at, pass] of derivation.passes.entries()) {
        await readyProgram(gpu, derivation.slots, pass, derivation.shaders[at]!.source);
      }
      return;
    }
    const make = (): Promise<GpuTexture> =>
      derivation ? makeDerived(gpu, derivation, slot.layout, between) : uploadKept(gpu, slot);
    this.constants.set(index, await gpu.constants.acquire(slot.tensor, make));
  }
}
