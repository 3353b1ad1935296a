/** Everyone the kernel suite can meet on this machine. WebGL, ours and tfjs's, always; the others where they start. */
import type { Device, WebGLDevice } from '../../engine/index.ts';
import { createTfjsPeer } from '../tfjs-peer.ts';
import { createOurPeer } from './dalle-gl.ts';
import type { Peer } from './peer.ts';
import { createTfjsKernels } from './tfjs.ts';

interface OpenPeers {
  /** Ours first: on the CPU where there is such a device, then on WebGL. */
  readonly peers: readonly Peer[];
  dispose(): void;
}

export interface Machines {
  readonly device: WebGLDevice;
  readonly cpu?: Device | undefined;
  /** Of every engine that lets itself be told. */
  readonly threads: number;
}

/** @param onMissing told of each peer that does not start, and why */
export async function openPeers({ device, cpu, threads }: Machines, onMissing: OnMissing): Promise<OpenPeers> {
  const tfjs = await createTfjsPeer(device.gl);
  const ours = [...(cpu ? [createOurPeer(cpu, threads)] : []), createOurPeer(device)];
  const others = await openWhatStarts<Peer>(
    {
      'tfjs-wasm': async () => (await import('./tfjs-wasm.ts')).createTfjsWasmPeer(tfjs),
      'onnxruntime-web': async () => createOnnx((await import('./onnx-runtimes.ts')).openOnnxWeb(threads)),
      'onnxruntime-node': async () => createOnnx((await import('./onnx-runtimes.ts')).openOnnxNode(threads)),
      'gpu.js': async () => (await import('./gpu-js.ts')).createGpuJsPeer(),
      PyTorch: async () => (await import('./pytorch.ts')).createPytorchPeer(threads),
    },
    onMissing,
  );
  const peers = [...ours, createTfjsKernels(tfjs), ...others];
  return {
    peers,
    dispose() {
      for (const peer of peers) peer.dispose();
      tfjs.dispose();
    },
  };
}

async function createOnnx(runtime: ReturnType<typeof import('./onnx-runtimes.ts').openOnnxWeb>): Promise<Peer> {
  return (await import('./onnxruntime.ts')).createOnnxPeer(await runtime);
}

export type OnMissing = (name: string, why: unknown) => void;

/** In their order. */
export async function openWhatStarts<T>(
  openers: Readonly<Record<string, () => Promise<T>>>,
  onMissing: OnMissing,
): Promise<T[]> {
  const opened: T[] = [];
  for (const [name, open] of Object.entries(openers)) {
    try {
      opened.push(await open());
    } catch (error) {
      onMissing(name, error);
    }
  }
  return opened;
}
