/** How much memory this machine has left for a device that computes in it. */
import { freemem } from 'node:os';
import type { Device, WebGLDevice } from '../../engine/index.ts';

/** In bytes; Infinity for a device with a memory of its own, which nobody tells. */
export function freeMemoryFor(device: Device): number {
  if (device.kind === 'cpu') return freemem();
  // A program that plays the GPU keeps textures in the machine's memory.
  const isPlayed = device.kind === 'webgl' && (device as WebGLDevice).source?.software === true;
  return isPlayed ? freemem() : Infinity;
}
