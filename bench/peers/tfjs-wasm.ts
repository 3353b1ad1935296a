/**
 * TensorFlow.js's wasm backend: XNNPACK's kernels on one thread of the CPU, what a browser user without WebGL gets.
 * It shares the process-wide TensorFlow.js with the webgl peer, so every run first says which backend it means.
 */
import '@tensorflow/tfjs-backend-wasm';
import type { TfjsPeer } from '../tfjs-peer.ts';
import { createTfjsKernels } from './tfjs.ts';
import type { Peer } from './peer.ts';

export async function createTfjsWasmPeer(peer: TfjsPeer): Promise<Peer> {
  await peer.tf.setBackend('wasm');
  return createTfjsKernels(peer, 'wasm');
}
