/**
 * TensorFlow.js as a contender, by default its WebGL backend on our context, used as its best user would: NHWC, packed
 * textures, operands uploaded beforehand, static shapes, `dataSync` for the readback (its `data` polls by timer and is
 * slower).
 */
import type { TfjsPeer } from '../tfjs-peer.ts';
import { middleOf, transposeData } from '../workload.ts';
import type { Operands, Workload } from '../workload.ts';
import type { Peer, PreparedKernel } from './peer.ts';

type Tf = TfjsPeer['tf'];

/** @param backend active whenever this peer computes: two of them can take turns in one process */
export function createTfjsKernels({ tf, version }: TfjsPeer, backend: 'webgl' | 'wasm' = 'webgl'): Peer {
  const name = `tfjs-${backend} ${version}`;
  return {
    name,
    async prepare(workload, operands): Promise<PreparedKernel> {
      await tf.setBackend(backend);
      const { x, w } = uploadOperands(tf, workload, operands);
      return {
        name,
        ...(backend === 'wasm' && { bound: backend }),
        async run() {
          await tf.setBackend(backend);
          return tf.tidy(() => compute(tf, workload, x, w).dataSync());
        },
        dispose: () => tf.dispose([x, w]),
      };
    },
    dispose() {},
  };
}

function uploadOperands(tf: Tf, workload: Workload, { x, w }: Operands): Record<'x' | 'w', ReturnType<Tf['tensor']>> {
  const { side } = workload;
  if (workload.kind === 'matmul') return { x: tf.tensor(x, [side, side]), w: tf.tensor(w, [side, side]) };
  const { inputs, outputs, kernel } = workload;
  return {
    x: tf.tensor(transposeData(x, [1, inputs, side, side], [0, 2, 3, 1]), [1, side, side, inputs]),
    w: tf.tensor(transposeData(w, [outputs, inputs, kernel, kernel], [2, 3, 1, 0]), [kernel, kernel, inputs, outputs]),
  };
}

function compute(
  tf: Tf,
  workload: Workload,
  x: ReturnType<Tf['tensor']>,
  w: ReturnType<Tf['tensor']>,
): ReturnType<Tf['tensor']> {
  const middle = middleOf(workload);
  if (workload.kind === 'matmul') return tf.slice(tf.matMul(x, w), [middle, 0], [1, workload.side]);
  const y = tf.conv2d(x as ReturnType<Tf['tensor4d']>, w as ReturnType<Tf['tensor4d']>, 1, 'same');
  return tf.slice(y, [0, middle, middle, 0], [1, 1, 1, workload.outputs]);
}
