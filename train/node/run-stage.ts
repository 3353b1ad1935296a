/**
 * What a run (run.ts) needs of a stage of training: the task, its batches as functions of the step, and what is looked
 * at and kept of its weights. dvae-stage.ts and transformer-stage.ts make one each.
 */
import type { Device, RunInputs } from '../../engine/index.ts';
import type { Picture } from '../../images/picture.ts';
import type { ModelManifest } from '../../weights-convert/model-folder/manifest.ts';
import type { PartToWrite, TokenizerToWrite } from '../../weights-convert/node/write-model-parts.ts';
import type { TrainingTask } from '../trainer.ts';
import type { RunSettings } from './checkpoint.ts';

/** A stage of training with its data. */
export interface RunStage {
  readonly task: TrainingTask;
  /** Batches of a step, whose gradients are added up. */
  readonly parts: number;
  /** Pictures of a step. */
  readonly pictures: number;
  readonly steps: number;
  /** All that decides its numbers, the seed and the data's fingerprint among it. */
  readonly settings: RunSettings;
  /** By name. Where they are made of what nets say of pictures, it is said on that device. */
  initialWeights(device: Device): ReadonlyMap<string, Float32Array> | Promise<ReadonlyMap<string, Float32Array>>;
  /** The inputs of step `step`, from 1 on: functions of the step and the settings. */
  inputsAt(step: number, signal?: AbortSignal): Promise<readonly RunInputs[]>;
  rateAt(step: number): number;
  /** What is said of the models that it goes on from, or takes parts of: it holds for what they become too. */
  readonly bases?: readonly BaseModel[];
  /** Looks at what was learnt, by the average of the weights. Changes nothing that a step depends on. */
  look?(device: Device, weights: ReadonlyMap<string, Float32Array>, signal?: AbortSignal): Promise<Look>;
  /** The model that they make. */
  makeModel(weights: ReadonlyMap<string, Float32Array>): StageModel | Promise<StageModel>;
  /** Ends what works for it apart, such as a tokenizer of others. */
  dispose?(): void;
}

/** What `model.json` of a model says that is not of its numbers. */
export type BaseModel = Pick<ModelManifest, 'licence' | 'notice' | 'sampling'>;

/** What a look finds. */
export interface Look {
  /** Validation's numbers, by name. */
  readonly numbers: Readonly<Record<string, number>>;
  readonly picture?: Picture;
}

/** Parts of a model folder. */
interface StageModel {
  readonly parts: readonly PartToWrite[];
  readonly tokenizer?: TokenizerToWrite;
  /** Closes files that the parts lie in. */
  close?(): Promise<void>;
}
