/** Our own engine as a contender, on either device: one plan a kernel, with the standard rewrites. */
import { WebGLDevice } from '../../engine/index.ts';
import type { Device } from '../../engine/index.ts';
import { compile, conv2d, matmul, tensor } from '../../ops/index.ts';
import type { Tensor } from '../../ops/index.ts';
import { slice } from '../../ops/index.ts';
import type { BoundKind } from '../suites/kernels.ts';
import { middleOf } from '../workload.ts';
import type { Operands, Workload } from '../workload.ts';
import type { Peer, PreparedKernel } from './peer.ts';

/** What the bench calls us on a device: plainly on WebGL. */
export function nameOurs({ kind }: Device, threads: number): string {
  return kind === 'webgl' ? 'dalle-gl' : `dalle-gl, ${kind} ×${threads}`;
}

/** @param threads that the device was opened with, where it is told such a number */
export function createOurPeer(device: Device, threads = 0): Peer {
  const name = nameOurs(device, threads);
  return {
    name,
    async prepare(workload, operands): Promise<PreparedKernel> {
      // Operands are constants of the plan, so they are uploaded once; slice keeps every channel, so none is dead.
      const plan = compile(device, () => trace(workload, operands), {});
      await plan.prepare();
      const fetches = plan.draws?.passes.reduce((sum, pass) => sum + (pass.cost.fetches ?? 0), 0);
      return {
        name,
        bound: boundOf(device),
        ...(fetches && { fetches }),
        run: () => plan.run({}),
        dispose: () => plan.dispose(),
      };
    },
    dispose() {
      if (device instanceof WebGLDevice) device.gpu.textures.trim();
    },
  };
}

/** Which ceiling we are held against on a device. */
export function boundOf({ kind }: Device): BoundKind {
  return kind === 'webgl' ? 'webgl' : 'wasm';
}

function trace(workload: Workload, { x, w }: Operands): Tensor {
  const middle = middleOf(workload);
  const { side } = workload;
  if (workload.kind === 'matmul') {
    return slice(matmul(tensor(x, [side, side]), tensor(w, [side, side])), [middle, 0], [1, side]);
  }
  const { inputs, outputs, kernel } = workload;
  const y = conv2d(tensor(x, [1, inputs, side, side]), tensor(w, [outputs, inputs, kernel, kernel]));
  return slice(y, [0, 0, middle, middle], [1, outputs, 1, 1]);
}
