/** A training step of PyTorch on the CPU, in a process of its own: pytorch_training.py writes the nets once more. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import type { RunInputs } from '../../engine/index.ts';
import type { Contender } from '../harness.ts';
import { LEARNING_RATE, OPTIMIZER } from '../training-tasks.ts';
import type { BenchTask } from '../training-tasks.ts';
import { startPytorch } from './pytorch-process.ts';

/** One step a run; its answer is the loss before the weights change. */
export async function createPytorchTraining(threads: number, bench: BenchTask): Promise<Contender> {
  const { name, ask, cpuTime, stop } = await startPytorch(threads);
  const folder = mkdtempSync(join(os.tmpdir(), 'dalle-gl-bench-'));
  try {
    const { specs } = bench.task;
    const file = join(folder, 'weights.f32');
    writeFileSync(file, Buffer.concat(specs.map(({ name: own }) => bytesOf(bench.weights.get(own)!))));
    const { beta1, beta2, epsilon } = OPTIMIZER;
    await ask({
      prepare: 'training',
      with: {
        ...bench.given,
        file,
        tensors: specs.map(({ name: own, shape }) => [own, shape]),
        batch: writeBatch(folder, bench.batch),
        adam: { lr: LEARNING_RATE, betas: [beta1, beta2], eps: epsilon, weight_decay: 0 },
      },
    });
  } catch (error) {
    stop();
    throw error;
  } finally {
    rmSync(folder, { recursive: true });
  }
  return { name, elsewhere: true, cpuTime, run: () => ask({ do: 'run' }), dispose: stop };
}

/** Files of a batch by name. */
function writeBatch(folder: string, batch: RunInputs): Record<string, string> {
  const files = Object.entries(batch).map(([name, numbers]) => {
    const file = join(folder, name);
    writeFileSync(file, bytesOf(numbers as Float32Array | Int32Array));
    return [name, file] as const;
  });
  return Object.fromEntries(files);
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
