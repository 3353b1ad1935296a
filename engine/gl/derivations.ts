/**
 * How a plan's derived values come to lie on its device: by draws, or by plain loops and an upload. Draws are much
 * quicker, but want a program, so that what is small, and never changes, is left to the loops. So are halves: weights
 * in halves must be finite (ops/shader/halves.ts), which only the CPU can see to.
 */
import { computeDerived, isFoldable } from '../derive.ts';
import { sortTopologically } from '../graph.ts';
import { sizeOf } from '../shape.ts';
import type { Op } from '../op.ts';
import { isOf, constantOp } from '../tensor.ts';
import type { ReadHalves, Tensor } from '../tensor.ts';
import { stateOp } from '../state.ts';
import { planDerivation } from './draws.ts';
import type { Derivation, DrawLimits, Slot } from './draws.ts';
import { readyProgram } from './ready-program.ts';
import { shareShaders } from './share-programs.ts';
import type { Layout } from './layout.ts';
import type { SharedShader } from './share-programs.ts';
import type { GpuTexture, TextureUse } from './texture.ts';
import type { Gpu } from './gpu.ts';

/** A derivation and the programs of its passes. */
export interface DrawnDerivation extends Derivation {
  readonly shaders: readonly SharedShader[];
}

/** Those that draws make, by their slots. All of a plan together, so that they share programs. */
export function planDerivations(
  slots: readonly Slot[],
  limits: DrawLimits & { readonly deriveFrom: number },
): ReadonlyMap<Slot, DrawnDerivation> {
  const drawn = slots.filter(({ kind, tensor }) => kind === 'derived' && isDrawn(tensor, limits.deriveFrom));
  const derivations = drawn.map(({ tensor }) => planDerivation(tensor, limits));
  const shaders = shareShaders(derivations.flatMap(({ passes }) => passes.map(({ shader }) => shader)));
  let taken = 0;
  return new Map(
    derivations.map((derivation, index): [Slot, DrawnDerivation] => {
      const own = shaders.slice(taken, (taken += derivation.passes.length));
      return [drawn[index]!, { ...derivation, shaders: own }];
    }),
  );
}

function isDrawn(tensor: Tensor, deriveFrom: number): boolean {
  if (!isFoldable(tensor)) return true;
  const ops = sortTopologically([tensor]).filter((part) => !isOf(part, constantOp));
  const drawable = ops.every(({ op, dtype }) => op.kernels?.webgl?.shader !== undefined && dtype !== 'f16');
  return drawable && sizeOf(tensor.shape) >= deriveFrom;
}

/** The numbers of a constant, or of what is derived of constants, made by loops; of halves as they are, if they may. */
export async function uploadKept(gpu: Gpu, { tensor, layout }: Slot): Promise<GpuTexture> {
  return gpu.upload(layout, (await gatherHalves(tensor)) ?? (await computeDerived(tensor)), 'weights');
}

/** The bits of a value whose constant is read as halves, and which ops made that only move them. */
async function gatherHalves({ op, inputs, attributes, type }: Tensor): Promise<Uint16Array | undefined> {
  if (type.dtype !== 'f16') return undefined;
  if (op === (constantOp as Op)) {
    const { readHalves } = attributes as { readonly readHalves?: ReadHalves };
    return readHalves && joinPieces(readHalves(), sizeOf(type.shape));
  }
  const move = op.kernels?.webgl?.moveHalves;
  const halves = move && inputs.length === 1 ? await gatherHalves(inputs[0]!) : undefined;
  return halves && move!(attributes, halves);
}

async function joinPieces(pieces: AsyncIterable<Uint16Array>, length: number): Promise<Uint16Array> {
  const halves = new Uint16Array(length);
  let start = 0;
  for await (const piece of pieces) {
    if (piece.length === length) return piece;
    halves.set(piece, start);
    start += piece.length;
  }
  return halves;
}

/** The same, made by draws. */
export async function makeDerived(
  gpu: Gpu,
  derivation: DrawnDerivation,
  { texture: spec }: Layout,
  between: () => void,
): Promise<GpuTexture> {
  const texture = gpu.textures.acquire(spec, 'weights');
  try {
    await drawDerived(gpu, derivation, texture, between);
    return texture;
  } catch (error) {
    gpu.textures.release(texture);
    throw error;
  }
}

/**
 * What lies between waits for the next weight of its size, for allocating takes long. What is large is freed at once:
 * the largest weights come alone.
 */
function useOf({ bytes }: Layout): TextureUse {
  return bytes > 16 * 2 ** 20 ? 'weights' : 'passing';
}

/**
 * Draws a derived value into `result`.
 * @param between runs after a pause, and may throw
 */
export async function drawDerived(
  gpu: Gpu,
  { slots, passes, shaders }: DrawnDerivation,
  result: GpuTexture,
  between: () => void,
): Promise<void> {
  const passing = new Map<number, GpuTexture>();
  try {
    for (const [index, { tensor, layout }] of slots.entries()) {
      if (!isOf(tensor, constantOp)) continue;
      const numbers = await tensor.attributes.read();
      between();
      gpu.enter();
      passing.set(index, gpu.upload(layout, numbers, 'weights'));
    }
    const textureOf = (index: number): GpuTexture => {
      const { tensor, layout } = slots[index]!;
      if (!isOf(tensor, stateOp)) return passing.get(index)!;
      return gpu.states.of(tensor.attributes.state, () => gpu.textures.acquire(layout.texture, 'states'));
    };
    for (const [index, pass] of passes.entries()) {
      const { layout } = slots[pass.output]!;
      const program = await readyProgram(gpu, slots, pass, shaders[index]!.source);
      const isLast = index === passes.length - 1;
      if (!isLast) passing.set(pass.output, gpu.textures.acquire(layout.texture, useOf(layout)));
      const inputs = pass.inputs.map((slot, position): [string, GpuTexture] => {
        return [pass.operands[position]!, textureOf(slot)];
      });
      const output = isLast ? result : passing.get(pass.output)!;
      const numbers = shaders[index]!;
      gpu.enter();
      await gpu.draw({ program, numbers, inputs, output, layout, fetches: pass.cost.fetches }, between);
    }
  } finally {
    for (const texture of passing.values()) gpu.textures.release(texture);
  }
}
