/** A device with the weights of a checkpoint on it, once it is known that a step fits into its memory. */
import { MemoryError } from '../../base/errors.ts';
import type { CpuChoice, Device, KernelChoice, WebGLDevice } from '../../engine/index.ts';
import { freeMemoryFor } from '../../load/node/free-memory.ts';
import { PlanningDevice, type PlannedForm } from '../../load/planning-device.ts';
import { Parameters, TRACKS, type Track } from '../parameters.ts';
import { Trainer } from '../trainer.ts';
import { measureCheckpoint, type FoundCheckpoint, type RunDevice, type TrackNumbers } from './checkpoint.ts';
import type { RunStage } from './run-stage.ts';

/** What steps are made on. */
export interface RunSession {
  readonly device: Device;
  readonly parameters: Parameters;
  readonly trainer: Trainer;
  /** What it takes, in words. */
  readonly memory: string;
}

/**
 * Opens a device.
 *
 * @param last what to go on from [the beginning]
 * @throws MemoryError `E_MEMORY`, before anything is allocated
 */
export async function openRunSession(
  stage: RunStage,
  last: FoundCheckpoint | undefined,
  open: (wanted: RunDevice | undefined) => Promise<Device>,
): Promise<RunSession> {
  const device = await open(last?.record.device);
  try {
    const bytes = planMemory(device, stage);
    const free = freeMemoryFor(device);
    if (bytes > free) throw tooLarge(bytes, free);
    const parameters = await makeParameters(stage, device, last && (await last.read()));
    const kept = measureCheckpoint(parameters.rows);
    const memory = `memory  ${megabytes(bytes)} on the device at most; a checkpoint has ${megabytes(kept)}`;
    return { device, parameters, trainer: new Trainer(device, stage.task, parameters, stage.parts), memory };
  } catch (error) {
    device.dispose();
    throw error;
  }
}

/** What weights, moments and the most of a step take in bytes; 0 for the reference, which keeps no ledger. */
function planMemory(device: Device, { task, parts }: RunStage): number {
  const form = formOf(device);
  if (!form) return 0;
  const planning = new PlanningDevice(form);
  // Nothing is asked for its numbers.
  const parameters = new Parameters(task.specs, () => new Float32Array());
  new Trainer(planning, task, parameters, parts);
  const { weights, states, other } = planning.bytes;
  return weights + states + other;
}

function formOf(device: Device): PlannedForm | undefined {
  if (device.kind === 'cpu') return { kind: 'cpu', kernels: device.kernels as CpuChoice };
  if (device.kind !== 'webgl') return undefined;
  const { targets, maxTextureSize, fetch, block } = device as WebGLDevice;
  return { kind: 'webgl', limits: { targets, maxTextureSize, fetch, block }, kernels: device.kernels as KernelChoice };
}

/** Each track's numbers are let go of when the device has them: it asks once. */
async function makeParameters(stage: RunStage, device: Device, tracks: TrackNumbers | undefined): Promise<Parameters> {
  const start = tracks ? undefined : await stage.initialWeights(device);
  const given = new Map<Track, () => Float32Array>();
  const parameters = new Parameters(stage.task.specs, (track) => {
    const numbers = given.get(track)!();
    given.delete(track);
    return numbers;
  });
  for (const track of TRACKS) {
    const isWeights = track === 'weights' || track === 'average';
    const begin = (): Float32Array => (isWeights ? parameters.lay(start!) : new Float32Array(256 * parameters.rows));
    given.set(track, tracks ? () => tracks[track] : begin);
  }
  return parameters;
}

function tooLarge(bytes: number, free: number): MemoryError {
  return new MemoryError(
    'E_MEMORY',
    `train: a step wants ${megabytes(bytes)} of memory for its weights, their moments and what it computes, and ` +
      `${megabytes(free)} are free. Nothing was trained. Use a smaller batch, size or net, or --parts, which splits ` +
      'a batch without changing its meaning.',
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
