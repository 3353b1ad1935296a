/** Our own engine as a contender: one plan a kernel, with the standard rewrites. */
import type { WebGLDevice } from '../../engine/index.ts';
import { compile, conv2d, matmul, tensor } from '../../ops/index.ts';
import type { Tensor } from '../../ops/index.ts';
import { slice } from '../../ops/index.ts';
import { middleOf } from '../workload.ts';
import type { Operands, Workload } from '../workload.ts';
import type { Peer, PreparedKernel } from './peer.ts';

export function createOurPeer(device: WebGLDevice): Peer {
  return {
    name: 'dalle-gl',
    async prepare(workload, operands): Promise<PreparedKernel> {
      // Operands are constants of the plan, so they are uploaded once; slice keeps every channel, so none is dead.
      const plan = compile(device, () => trace(workload, operands), {});
      await plan.prepare();
      const fetches = plan.draws?.passes.reduce((sum, pass) => sum + (pass.cost.fetches ?? 0), 0);
      return {
        name: 'dalle-gl',
        ...(fetches && { fetches }),
        run: () => plan.run({}),
        dispose: () => plan.dispose(),
      };
    },
    dispose: () => device.gpu.textures.trim(),
  };
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
