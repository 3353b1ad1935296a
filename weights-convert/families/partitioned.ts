/**
 * Checkpoints of sharded training, in which each process kept a part of every tensor: what is left in the model's own
 * file are placeholders without numbers. The weights lie elsewhere, and a script of DeepSpeed's puts them together.
 */
import { FormatError } from '../../base/errors.ts';
import type { Shapes } from '../contents/shapes.ts';
import type { PickleValue } from '../pickle/records.ts';
import { stringEntries } from '../pickle/records.ts';
import { countElements } from '../torch/tensor-record.ts';
import type { SearchedFile } from './found-net.ts';

/** Keys by which DeepSpeed's optimiser files of ZeRO are known. */
const ZERO_KEYS: readonly string[] = [
  'zero_stage',
  'partition_count',
  'single_partition_of_fp32_groups',
  'fp32_flat_groups',
];

/**
 * Refuses tensors that are placeholders: of those that should be matrices or kernels, most have one number or none.
 *
 * @param shapes by the names of one net
 * @throws FormatError `E_WEIGHTS_PARTITIONED`
 */
export function refusePartitioned(shapes: Shapes, searched: SearchedFile): void {
  const flat = [...shapes.keys()].find((name) => /(^|[._])flat_param/.test(name));
  if (flat !== undefined) {
    throw partitionError(
      `${searched.name} holds ${JSON.stringify(flat.slice(0, 80))}, parameters that fully sharded training (FSDP) has flattened ` +
        `and cut. Save the whole weights in Python with StateDictType.FULL_STATE_DICT and convert those.`,
    );
  }
  const weights = [...shapes].filter(([name]) => /(^|\.)(w|weight)$/.test(name));
  const empty = weights.filter(([, shape]) => shape.length <= 1 && countElements(shape) <= 1);
  if (empty.length < 2 || empty.length * 2 < weights.length) return;
  const [name, shape] = empty[0]!;
  throw partitionError(
    `${searched.name} is a ZeRO-3 file of DeepSpeed's, whose tensors are partitioned: ${JSON.stringify(name.slice(0, 80))} has ` +
      `shape [${shape.join(', ')}], as ${empty.length - 1} more do, and their numbers are not in this file. ${advise(searched)}`,
  );
}

/**
 * Refuses the file of an optimiser of DeepSpeed's.
 *
 * @throws FormatError `E_WEIGHTS_PARTITIONED`
 */
export function refuseZeroOptimiser(root: PickleValue, searched: SearchedFile): void {
  const state = stringEntries(stringEntries(root)?.get('optimizer_state_dict'));
  if (!state || !ZERO_KEYS.some((key) => state.has(key))) return;
  throw partitionError(
    `${searched.name} is a part of what a ZeRO optimiser of DeepSpeed's keeps, and no model. ${advise(searched)}`,
  );
}

function advise({ families }: SearchedFile): string {
  const companions = families.flatMap(({ form }) => form?.settingsFile?.companion ?? []);
  const beside = companions.length > 0 ? ` (${companions.join('; ')})` : '';
  return (
    'The whole weights are in the folder of the checkpoint: run `python zero_to_fp32.py . pytorch_model.bin` there, the ' +
    `script that DeepSpeed put beside them, and convert what it writes${beside}.`
  );
}

function partitionError(what: string): FormatError {
  return new FormatError('E_WEIGHTS_PARTITIONED', `openWeights: ${what}`);
}
