/** What a file has beside the weights of its nets, as a list for people: nothing is dropped without a word. */
import type { FileContents, FileTensor, LeftOutValue } from './file-tensors.ts';
import { formatName } from './inspect/format-value.ts';
import { isCopy } from './tensor-names.ts';
import type { LeftOut } from './weights.ts';

/** What the nets of a file took. */
export interface Taken {
  /** Tensors that are accounted for: taken, or left out with a reason of their own. */
  readonly tensors: ReadonlySet<FileTensor>;
  /** Ways to the dictionaries and modules that they are in. */
  readonly containers: Iterable<string>;
  /** Ways to values that were read as settings. */
  readonly settings: ReadonlySet<string>;
}

export interface Rest {
  readonly leftOut: readonly LeftOut[];
  readonly leftOutValues: readonly LeftOutValue[];
}

const ARRAY_CLASS = 'numpy.ndarray';

/** Everything that was not taken: tensors counted by the branch they are on, values one by one. */
export function listRest(contents: FileContents, taken: Taken): Rest {
  const onWay = listWays(taken.containers);
  const counts = new Map<string, number>();
  const values: LeftOutValue[] = [];
  for (const tensor of contents.tensors) {
    if (taken.tensors.has(tensor)) continue;
    const branch = branchOf(tensor.path, onWay);
    if (tensor.isArray) values.push({ path: tensor.path, className: ARRAY_CLASS });
    else counts.set(branch, (counts.get(branch) ?? 0) + 1);
  }
  const isRead = (path: string): boolean => taken.settings.has(path) || taken.settings.has(branchOf(path, onWay));
  for (const { path, container, className, isPlain } of contents.values) {
    if (onWay.has(path) || counts.has(path) || isRead(path)) continue;
    // A number deep within an optimiser's state is nobody's concern; an object of some class is.
    if (!isPlain || onWay.has(container)) values.push({ path, className });
  }
  for (const { path, className } of contents.modules) if (!onWay.has(path)) values.push({ path, className });
  return {
    leftOut: [...counts].map(([branch, count]) => ({ reason: describeBranch(branch), tensors: count })),
    leftOutValues: values.map(({ path, className }) => ({ path: formatName(path), className: formatName(className) })),
  };
}

function describeBranch(branch: string): string {
  return isCopy(branch) ? `${formatName(branch)}, a mean of the weights over time` : formatName(branch);
}

/** The ways themselves and all that lead to them. */
function listWays(paths: Iterable<string>): Set<string> {
  const ways = new Set(['']);
  for (const path of paths) {
    for (let end = path.length; end > 0; end = path.lastIndexOf('.', end - 1)) ways.add(path.slice(0, end));
  }
  return ways;
}

/** Where a way leaves those that were taken: `optimizer` of `optimizer.state.0.exp_avg`. */
function branchOf(path: string, onWay: ReadonlySet<string>): string {
  for (let end = path.indexOf('.'); end >= 0; end = path.indexOf('.', end + 1)) {
    const start = path.slice(0, end);
    if (!onWay.has(start)) return start;
  }
  return path;
}
