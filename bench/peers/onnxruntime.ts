/**
 * onnxruntime-web's wasm backend, one thread for each core. It takes its input from JavaScript at every run, a copy
 * that is small beside the work; an input stored in the model would be computed with once, when it is loaded.
 */
import os from 'node:os';
import * as ort from 'onnxruntime-web';
import { encodeOnnxModel } from './onnx-model.ts';
import type { Peer, PreparedKernel } from './peer.ts';

/** Threads that wait by spinning would take the cores from whoever's turn is next. */
const quietThreads = { extra: { session: { intra_op: { allow_spinning: '0' } } } };

export async function createOnnxPeer(): Promise<Peer> {
  ort.env.wasm.numThreads = os.cpus().length;
  const name = `onnxruntime-web ${ort.env.versions.web}, wasm ×${os.cpus().length}`;
  return {
    name,
    async prepare(workload, operands): Promise<PreparedKernel> {
      const { side } = workload;
      const session = await ort.InferenceSession.create(encodeOnnxModel(workload, operands), quietThreads);
      const shape = workload.kind === 'matmul' ? [side, side] : [1, workload.inputs, side, side];
      const x = new ort.Tensor('float32', operands.x, shape);
      return {
        name,
        run: async () => (await session.run({ x }))['y']!.data as Float32Array,
        dispose: () => void session.release(),
      };
    },
    dispose() {},
  };
}
