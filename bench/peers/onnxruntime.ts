/**
 * ONNX Runtime as a contender at single kernels. It takes its input from JavaScript at every run, a copy that is small
 * beside the work; an input stored in the model would be computed with once, when it is loaded.
 */
import { encodeOnnxModel } from './onnx-model.ts';
import type { OnnxRuntime } from './onnx-runtimes.ts';
import type { Peer, PreparedKernel } from './peer.ts';

export function createOnnxPeer(runtime: OnnxRuntime): Peer {
  const { name, bound } = runtime;
  return {
    name,
    async prepare(workload, operands): Promise<PreparedKernel> {
      const { side } = workload;
      const session = await runtime.load(encodeOnnxModel(workload, operands));
      const shape = workload.kind === 'matmul' ? [side, side] : [1, workload.inputs, side, side];
      const x = runtime.tensor('float32', operands.x, shape);
      return {
        name,
        ...(bound && { bound }),
        run: async () => (await session.run({ x }))['y']!.data as Float32Array,
        dispose: () => void session.release(),
      };
    },
    dispose() {},
  };
}
