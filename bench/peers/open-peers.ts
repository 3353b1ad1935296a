/** Everyone the kernel suite can meet on this machine. Ours and tfjs-webgl always; the others where they start. */
import type { WebGLDevice } from '../../engine/index.ts';
import { createTfjsPeer } from '../tfjs-peer.ts';
import { createOurPeer } from './dalle-gl.ts';
import type { Peer } from './peer.ts';
import { createTfjsKernels } from './tfjs.ts';

interface OpenPeers {
  /** Ours first. */
  readonly peers: readonly Peer[];
  dispose(): void;
}

/** @param onMissing told of each peer that does not start, and why */
export async function openPeers(
  device: WebGLDevice,
  onMissing: (name: string, why: unknown) => void,
): Promise<OpenPeers> {
  const tfjs = await createTfjsPeer(device.gl);
  const peers = [createOurPeer(device), createTfjsKernels(tfjs)];
  const others: Readonly<Record<string, () => Promise<Peer>>> = {
    'tfjs-wasm': async () => (await import('./tfjs-wasm.ts')).createTfjsWasmPeer(tfjs),
    'onnxruntime-web': async () => (await import('./onnxruntime.ts')).createOnnxPeer(),
    'gpu.js': async () => (await import('./gpu-js.ts')).createGpuJsPeer(),
    PyTorch: async () => (await import('./pytorch.ts')).createPytorchPeer(),
  };
  for (const [name, open] of Object.entries(others)) {
    try {
      peers.push(await open());
    } catch (error) {
      onMissing(name, error);
    }
  }
  return {
    peers,
    dispose() {
      for (const peer of peers) peer.dispose();
      tfjs.dispose();
    },
  };
}
