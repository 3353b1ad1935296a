/** Where a run begins: at its beginning, or at its newest checkpoint, which must be one of the same run. */
import { DalleError, FormatError } from '../../base/errors.ts';
import { listParameters, type Checkpoints, type FoundCheckpoint, type RunSettings } from './checkpoint.ts';
import type { RunStage } from './run-stage.ts';

interface StartOptions {
  /** Whether a run that is there is to go on. */
  readonly isResumed: boolean;
  onNote(line: string): void;
}

/**
 * The checkpoint to go on from; undefined for the beginning.
 *
 * @throws DalleError `E_OUTPUT_EXISTS` for a run that is there and not to go on, `E_RESUME` for one of other settings
 *   or data; FormatError `E_CHECKPOINT` where none is whole
 */
export async function findStart(
  checkpoints: Checkpoints,
  stage: RunStage,
  { isResumed, onNote }: StartOptions,
): Promise<FoundCheckpoint | undefined> {
  const names = checkpoints.list();
  if (!isResumed && names.length > 0) throw isThere(checkpoints.folder);
  const damaged: string[] = [];
  const found = await checkpoints.findNewest((path, reason) => {
    damaged.push(reason);
    onNote(`passed over ${path}: ${reason}`);
  });
  if (!found && names.length > 0) throw noneWhole(checkpoints.folder, damaged);
  if (!found && isResumed) onNote('there is no checkpoint yet: training begins');
  if (!found) return undefined;
  const { record } = found;
  const changes = listChanges(record.settings, stage.settings);
  const isSame = JSON.stringify(record.parameters) === JSON.stringify(listParameters(stage.task.specs));
  if (changes.length === 0 && !isSame) changes.push('the weights have other names or shapes');
  if (changes.length > 0) throw changed(checkpoints.folder, changes);
  onNote(`goes on after step ${record.step}`);
  return found;
}

/** What differs, in words. */
function listChanges(before: RunSettings, now: RunSettings): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  return names
    .filter((name) => (before[name] ?? null) !== (now[name] ?? null))
    .map((name) => `${name} was ${show(before[name])} and is ${show(now[name])}`);
}

function show(value: RunSettings[string] | undefined): string {
  return value === undefined || value === null ? 'not given' : String(value).slice(0, 40);
}

function changed(folder: string, changes: readonly string[]): DalleError {
  return new DalleError(
    'E_RESUME',
    `train: the run in ${folder} cannot go on, since it would not be the same run: ${changes.join('; ')}. Give the flags ` +
      'and the data that it was begun with, or train anew in another folder; --from begins with the weights of a model.',
  );
}

function isThere(folder: string): DalleError {
  return new DalleError(
    'E_OUTPUT_EXISTS',
    `train: there are checkpoints in ${folder}, and they were not touched. Add --resume to go on with that training, or ` +
      'name another folder with -o.',
  );
}

function noneWhole(folder: string, reasons: readonly string[]): FormatError {
  return new FormatError(
    'E_CHECKPOINT',
    `train: none of the ${reasons.length} checkpoints in ${folder} is whole: ${reasons[0]} Put back a copy of one, or train ` +
      'anew in another folder.',
  );
}
