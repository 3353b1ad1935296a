/** A training step of ours, on either device. */
import type { Device } from '../../engine/index.ts';
import { Parameters } from '../../train/parameters.ts';
import { Trainer } from '../../train/trainer.ts';
import type { TrainingPeer } from '../suites/training.ts';
import { LEARNING_RATE } from '../training-tasks.ts';
import type { BenchTask } from '../training-tasks.ts';

/** One step a run; its answer is the loss before the weights change. @param threads of the CPU device */
export function createOurTraining(device: Device, { task, weights, batch }: BenchTask, threads?: number): TrainingPeer {
  const trainer = openTrainer(device, { task, weights });
  let step = 0;
  return {
    name: threads === undefined ? 'dalle-gl' : `dalle-gl, cpu ×${threads}`,
    bound: threads === undefined ? 'webgl' : 'wasm',
    async run() {
      const { loss } = await trainer.step(++step, LEARNING_RATE, [batch]);
      return [loss];
    },
    dispose: () => trainer.dispose(),
  };
}

/** Begins with the task's weights. */
function openTrainer(device: Device, { task, weights }: Pick<BenchTask, 'task' | 'weights'>): Trainer {
  const zeros = new Map([...weights].map(([name, { length }]) => [name, new Float32Array(length)]));
  const parameters: Parameters = new Parameters(task.specs, (track) =>
    parameters.lay(track === 'weights' || track === 'average' ? weights : zeros),
  );
  return new Trainer(device, task, parameters);
}
