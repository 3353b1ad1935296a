/** Who takes part in the suite `training`, in order: ours on the CPU first, where there is such a device. */
import type { TrainingMaker, TrainingPeer } from '../suites/training.ts';
import type { TfjsPeer } from '../tfjs-peer.ts';
import type { BenchTask } from '../training-tasks.ts';
import { createOurTraining } from './dalle-gl-training.ts';
import type { Machines } from './open-peers.ts';
import { createPytorchTraining } from './pytorch-training.ts';
import { createTfjsTraining } from './tfjs-training.ts';

/** @param tfjs on the context of `machines.device` */
export function listTrainings(bench: BenchTask, tfjs: TfjsPeer, { device, cpu, threads }: Machines): TrainingMaker[] {
  return [
    ...(cpu ? [{ name: 'dalle-gl, cpu', make: async () => createOurTraining(cpu, bench, threads) }] : []),
    { name: 'PyTorch', make: () => createPytorchTraining(threads, bench) },
    { name: 'dalle-gl, webgl', make: async () => createOurTraining(device, bench) },
    ...(bench.given.kind === 'transformer' ? [{ name: 'jax-js', make: () => openJax(bench) }] : []),
    { name: 'tfjs-webgl', make: async () => createTfjsTraining(tfjs, bench) },
  ];
}

/** Its convolutions are loops: a step of the dVAE took it five minutes, the first one eight. */
async function openJax(bench: BenchTask): Promise<TrainingPeer> {
  const { createJaxTraining } = await import('./jax-training.ts');
  return createJaxTraining(bench);
}
