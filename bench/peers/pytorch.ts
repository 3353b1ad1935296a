/** PyTorch on the CPU as a contender: what the same machine does without a GPU's detour. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import type { DvaeArchitecture } from '../../nets/dvae/architecture.ts';
import type { Weights } from '../../nets/weights.ts';
import { middleOf } from '../workload.ts';
import type { Workload } from '../workload.ts';
import type { Half, Net, Picture } from './net.ts';
import { shapesOf } from './net.ts';
import { writeNetProgram } from './net-steps.ts';
import type { Peer, PreparedKernel } from './peer.ts';
import { startPytorch } from './pytorch-process.ts';

export async function createPytorchPeer(threads: number): Promise<Peer> {
  const { name, ask, cpuTime, stop } = await startPytorch(threads);
  return {
    name,
    async prepare(workload, { x, w }): Promise<PreparedKernel> {
      const folder = makeFolder();
      try {
        const file = join(folder, 'operands.f32');
        writeNumbers(file, [x, w]);
        const operands = { kind: workload.kind, file, shapes: operandShapes(workload), middle: middleOf(workload) };
        await ask({ prepare: 'kernel', with: operands });
      } finally {
        rmSync(folder, { recursive: true });
      }
      return { name, elsewhere: true, cpuTime, run: () => ask({ do: 'run' }), dispose() {} };
    },
    dispose: stop,
  };
}

/** A process for each net. @param weights of the half */
export async function createPytorchNet(
  threads: number,
  half: Half,
  picture: Picture,
  weights: Weights<DvaeArchitecture>,
): Promise<Net> {
  const { name, ask, cpuTime, stop } = await startPytorch(threads);
  const folder = makeFolder();
  const answer = join(folder, 'answer');
  return {
    name,
    elsewhere: true,
    cpuTime,
    hasGeneratedWeights: true,
    async prepare() {
      const { steps, tensors } = await writeNetProgram(weights);
      const [file, x] = ['weights.f32', 'x'].map((part) => join(folder, part)) as [string, string];
      writeNumbers(
        file,
        [...tensors.values()].map(({ data }) => data),
      );
      writeNumbers(x, [half === 'encode' ? picture.pixels : picture.tokens]);
      const shape = shapesOf(picture)[half].input;
      const shapes = [...tensors].map(([name, { shape }]) => [name, shape]);
      const given = { file: x, dtype: half === 'encode' ? '<f4' : '<i4', shape };
      await ask({ prepare: 'net', with: { file, tensors: shapes, steps, x: given, answer } });
      rmSync(file);
    },
    async run() {
      await ask({ do: 'run' });
      const { buffer } = new Uint8Array(readFileSync(answer));
      return half === 'encode' ? new Int32Array(buffer) : new Float32Array(buffer);
    },
    peakTextureBytes: () => undefined,
    dispose() {
      stop();
      rmSync(folder, { recursive: true });
    },
  };
}

function makeFolder(): string {
  return mkdtempSync(join(os.tmpdir(), 'dalle-gl-bench-'));
}

function writeNumbers(file: string, lists: readonly (Float32Array | Int32Array)[]): void {
  const parts = lists.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength));
  writeFileSync(file, Buffer.concat(parts));
}

function operandShapes(workload: Workload): readonly (readonly number[])[] {
  const { side } = workload;
  if (workload.kind === 'matmul') {
    return [
      [side, side],
      [side, side],
    ];
  }
  const { inputs, outputs, kernel } = workload;
  return [
    [1, inputs, side, side],
    [outputs, inputs, kernel, kernel],
  ];
}
