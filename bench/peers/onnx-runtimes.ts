/**
 * Both builds of ONNX Runtime behind one interface: onnxruntime-web's wasm backend, and onnxruntime-node's native
 * kernels for the CPU. The second is 113 MB to download and 288 MB on the disk, so it is no dependency of the bench's:
 * it takes part where it was installed.
 */
import { createRequire } from 'node:module';
import type { InferenceSession, Tensor } from 'onnxruntime-common';
import * as web from 'onnxruntime-web';

/** The same version as onnxruntime-web's. */
const INSTALL = 'ONNXRUNTIME_NODE_INSTALL=skip npm install --no-save --prefix bench onnxruntime-node@1.30.0';

export interface OnnxRuntime {
  /** With version, and how many threads compute. */
  readonly name: string;
  /** Where it computes from WebAssembly. */
  readonly bound?: 'wasm';
  load(model: Uint8Array): Promise<InferenceSession>;
  tensor(type: 'float32' | 'int32', data: Float32Array | Int32Array, shape: readonly number[]): Tensor;
}

/** What both packages have. */
interface OnnxPackage {
  readonly InferenceSession: typeof web.InferenceSession;
  readonly Tensor: typeof web.Tensor;
}

/** Threads that wait by spinning would take the cores from whoever's turn is next. */
const quietThreads = { session: { intra_op: { allow_spinning: '0' } } };

function openRuntime({ InferenceSession, Tensor }: OnnxPackage, name: string, threads?: number): OnnxRuntime {
  const options = {
    extra: quietThreads,
    logSeverityLevel: 3 as const,
    ...(threads !== undefined && { intraOpNumThreads: threads }),
  };
  return {
    name,
    load: (model) => InferenceSession.create(model, options),
    tensor: (type, data, shape) => new Tensor(type as 'float32', data as Float32Array, shape),
  };
}

/** One number of threads in a process: its first use decides. */
export async function openOnnxWeb(threads: number): Promise<OnnxRuntime> {
  web.env.wasm.numThreads = threads;
  return { ...openRuntime(web, `onnxruntime-web ${web.env.versions.web}, wasm ×${threads}`), bound: 'wasm' };
}

export async function openOnnxNode(threads: number): Promise<OnnxRuntime> {
  const load = createRequire(import.meta.url);
  let native: OnnxPackage & { readonly env: { readonly versions: { readonly node?: string } } };
  try {
    native = load('onnxruntime-node') as typeof native;
  } catch (cause) {
    throw new Error(`it is not installed, or does not start here. To install it: ${INSTALL}`, { cause });
  }
  return openRuntime(native, `onnxruntime-node ${native.env.versions.node}, CPU ×${threads}`, threads);
}
