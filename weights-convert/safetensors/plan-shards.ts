/**
 * Which tensors go into which file when weights are written in shards: by name, as many as fit. A tensor is never
 * split, so one that exceeds the limit has a file to itself. The same tensors always give the same shards.
 */
import { formatShardIndex } from './shard-index.ts';
import {
  measureNumbers,
  measureSafetensors,
  sortByName,
  type WeightDtype,
  type WritableTensor,
} from './write-safetensors.ts';

/** A file to write: a shard, or the whole. */
interface PlannedFile {
  readonly name: string;
  readonly tensors: ReadonlyMap<string, WritableTensor>;
}

interface PlannedIndex {
  readonly name: string;
  /** Its text, where the files have other names in the end [those of the plan]. */
  format(finalName?: (name: string) => string): string;
}

export interface ShardPlan {
  /** One if all fits the limit. */
  readonly files: readonly PlannedFile[];
  /** The index of several files; undefined for one. */
  readonly index: PlannedIndex | undefined;
}

/**
 * Plans the files of one net.
 *
 * @param stem what the names begin with: `encoder` gives `encoder.safetensors`, or `encoder-00001-of-00004.safetensors`
 *   and `encoder.safetensors.index.json`
 * @param dtype how all are stored [each as it is]
 * @param limit bytes a file may have; Infinity for one file whatever its size
 */
export function planShards(
  stem: string,
  tensors: ReadonlyMap<string, WritableTensor>,
  dtype: WeightDtype | undefined,
  limit: number,
): ShardPlan {
  const whole = `${stem}.safetensors`;
  const groups = limit === Infinity ? [tensors] : groupTensors(tensors, dtype, limit);
  if (groups.length <= 1) return { files: [{ name: whole, tensors }], index: undefined };
  const files = groups.map((group, i) => ({
    name: `${stem}-${pad(i + 1)}-of-${pad(groups.length)}.safetensors`,
    tensors: group,
  }));
  const format = (finalName = (name: string): string => name): string => {
    const map = new Map(files.map((file) => [finalName(file.name), new Set(file.tensors.keys())]));
    return formatShardIndex(map, measureNumbers(tensors, dtype));
  };
  return { files, index: { name: `${whole}.index.json`, format } };
}

/** Bytes of all files of a plan. */
export function measurePlan({ files, index }: ShardPlan, dtype: WeightDtype | undefined): number {
  const shards = files.reduce((sum, { tensors }) => sum + measureSafetensors(tensors, dtype), 0);
  return shards + (index ? new TextEncoder().encode(index.format()).length : 0);
}

function groupTensors(
  tensors: ReadonlyMap<string, WritableTensor>,
  dtype: WeightDtype | undefined,
  limit: number,
): Map<string, WritableTensor>[] {
  const groups: Map<string, WritableTensor>[] = [];
  for (const [name, tensor] of sortByName(tensors)) {
    const last = groups.at(-1);
    const grown = last && new Map([...last, [name, tensor]]);
    if (grown && measureSafetensors(grown, dtype) <= limit) groups[groups.length - 1] = grown;
    else groups.push(new Map([[name, tensor]]));
  }
  return groups;
}

function pad(number: number): string {
  return String(number).padStart(5, '0');
}
