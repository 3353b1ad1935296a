/**
 * gpu.js in its webgl2 mode, for products only: its kernels are plain functions over numbers, and a matrix product is
 * its own showcase. It gets a context of the same driver to itself, because it restores neither viewport nor vertex
 * arrays after another user of a context. Operands and result stay in its textures (`pipeline`), in float32.
 */
import { createContext } from '../../engine/context/node/open.ts';
import { middleOf } from '../workload.ts';
import type { Peer, PreparedKernel } from './peer.ts';

type Matrix = Float32Array[];
/** What a kernel of gpu.js hands to the next one: a texture. */
type DeviceArray = object;
interface Thread {
  readonly thread: { readonly x: number; readonly y: number };
  readonly constants: { readonly side: number; readonly middle: number };
}
interface Gpu {
  createKernel<Arguments extends unknown[], Result>(
    body: (this: Thread, ...values: never[]) => number,
    settings: object,
  ): (...values: Arguments) => Result;
}

export async function createGpuJsPeer(): Promise<Peer> {
  const gl = createContext();
  const gpu = await openGpu(gl);
  const name = 'gpu.js 2.24.1';
  return {
    name,
    async prepare(workload, operands): Promise<PreparedKernel | undefined> {
      if (workload.kind !== 'matmul') return undefined;
      const { side } = workload;
      const settings = { precision: 'single', constants: { side, middle: middleOf(workload) } };
      const whole = { ...settings, output: [side, side], pipeline: true };
      const upload = gpu.createKernel<[Matrix], DeviceArray>(copyElement, { ...whole, immutable: true });
      const multiply = gpu.createKernel<[DeviceArray, DeviceArray], DeviceArray>(multiplyElement, whole);
      const read = gpu.createKernel<[DeviceArray], Float32Array>(readElement, { ...settings, output: [side] });
      const x = upload(toRows(operands.x, side));
      const w = upload(toRows(operands.w, side));
      return {
        name,
        run: async () => read(multiply(x, w)),
        dispose() {}, // its textures go with its context
      };
    },
    dispose: () => gl.dispose(),
  };
}

/* The bodies are translated from their text: no closures, no imports. */

function copyElement(this: Thread, a: Matrix): number {
  return a[this.thread.y]![this.thread.x]!;
}

function multiplyElement(this: Thread, a: Matrix, b: Matrix): number {
  let sum = 0;
  for (let k = 0; k < this.constants.side; k++) {
    sum += a[this.thread.y]![k]! * b[k]![this.thread.x]!;
  }
  return sum;
}

function readElement(this: Thread, a: Matrix): number {
  return a[this.constants.middle]![this.thread.x]!;
}

function toRows(data: Float32Array, side: number): Matrix {
  return Array.from({ length: side }, (_, row) => data.subarray(row * side, (row + 1) * side));
}

/**
 * Outside browsers gpu.js knows a WebGL 2 context only by global names, so it is shown ours under those while it opens.
 */
async function openGpu(gl: WebGL2RenderingContext): Promise<Gpu> {
  const canvas = { width: 1, height: 1, getContext: () => gl };
  const names = {
    WebGL2RenderingContext: class {
      static [Symbol.hasInstance](value: unknown): boolean {
        return value === gl;
      }
    },
    OffscreenCanvas: class {
      getContext(): WebGL2RenderingContext {
        return gl;
      }
    },
  };
  Object.assign(globalThis, names);
  const { GPU } = (await import('gpu.js')).default as unknown as { GPU: new (settings: object) => Gpu };
  const gpu = new GPU({ mode: 'webgl2', context: gl, canvas });
  for (const name of Object.keys(names)) delete (globalThis as Record<string, unknown>)[name];
  return gpu;
}
