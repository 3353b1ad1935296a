/**
 * Whether a model has room on its device, asked before a weight is read: what is too large would else be found when
 * most of it is there, or when the picture is drawn and only its decoder is missing.
 */
import { MemoryError } from '../base/errors.ts';
import { MOST_BYTES } from '../engine/cpu/arena.ts';
import { sizeOf, type Device } from '../engine/index.ts';
import type { Weights } from '../nets/weights.ts';
import { PlanningDevice } from './planning-device.ts';

/** What is to be on the device at once. */
interface WantedMemory {
  readonly weights: readonly (Weights | undefined)[];
  /** Of what is kept for a picture while it is drawn [0]. */
  readonly cacheBytes?: number;
}

/**
 * @param free bytes that the machine has left, where somebody knows
 * @throws MemoryError `E_MEMORY` for what cannot fit: a model that just fits may still be refused when it is planned
 */
export function checkMemory(
  where: string,
  device: Device,
  { weights, cacheBytes = 0 }: WantedMemory,
  free: number = Infinity,
): void {
  if (device instanceof PlanningDevice) return;
  const wanted = weights.reduce((sum, net) => sum + (net ? countHeldBytes(net) : 0), cacheBytes);
  const most = Math.min(free, device.kind === 'cpu' ? MOST_BYTES : Infinity);
  if (wanted <= most) return;
  const room =
    most < free
      ? `the CPU device addresses ${most} (4 GiB)`
      : `${most} are free on this machine, whose memory the device uses`;
  throw new MemoryError(
    'E_MEMORY',
    `${where}: this model wants ${wanted} bytes on the device at least, and ${room}. No weight was read. dalle-gl plan tells ` +
      'what takes how much. Convert it with --dtype f16, use a GPU with memory enough, or a smaller model.',
  );
}

/** Tables and the weights of products that came as halves stay so. */
function countHeldBytes({ tensors }: Weights): number {
  let bytes = 0;
  for (const { shape, dtype } of tensors.values()) {
    bytes += (dtype === 'F16' && shape.length === 2 ? 2 : 4) * sizeOf(shape);
  }
  return bytes;
}
