/** What a file has beside the weights of its nets, as a list for people: nothing is dropped without a word. */
import type { FileContents, FileTensor } from './file-tensors.ts';
import type { LeftOutValue } from '../../nets/weights.ts';
import { formatName } from '../inspect/format-value.ts';
import { isCopy } from './tensor-names.ts';
import type { LeftOut } from '../../nets/weights.ts';

/** What the nets of a file took. */
interface Taken {
  /** Tensors that are accounted for: taken, or left out with a reason of their own. */
  readonly tensors: ReadonlySet<FileTensor>;
  /** Ways to the dictionaries and modules that they are in. */
  readonly containers: Iterable<string>;
  /** Ways to values that were read as settings. */
  readonly settings: ReadonlySet<string>;
}

interface Rest {
  readonly leftOut: readonly LeftOut[];
  readonly leftOutValues: readonly LeftOutValue[];
}

const ARRAY_CLASS = 'numpy.ndarray';

/** Everything that was not taken: tensors counted by the branch they are on, values one by one. */
export function listRest(contents: FileContents, taken: Taken): Rest {
  const onWay = listWays(taken.containers);
  const branches = new BranchFinder(onWay);
  const counts = new Map<string, number>();
  const values: LeftOutValue[] = [];
  for (const tensor of contents.tensors) {
    if (taken.tensors.has(tensor)) continue;
    const branch = branches.find(tensor);
    if (tensor.isArray) values.push({ path: tensor.path, className: ARRAY_CLASS });
    else counts.set(branch, (counts.get(branch) ?? 0) + 1);
  }
  for (const value of contents.values) {
    const { path, container, className, isPlain } = value;
    if (onWay.has(path) || counts.has(path) || taken.settings.has(branches.find(value))) continue;
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

/** Finds where a way leaves those that were taken: `optimizer` of `optimizer.state.0.exp_avg`. */
class BranchFinder {
  readonly #onWay: ReadonlySet<string>;
  /** Of dictionaries: a file can put a hundred thousand values at the end of one long way. */
  readonly #known = new Map<string, string>();

  constructor(onWay: ReadonlySet<string>) {
    this.#onWay = onWay;
  }

  find({ path, container }: Pick<FileTensor, 'path' | 'container'>): string {
    if (this.#onWay.has(container)) return this.#leave(path, container.length + 1);
    const branch = this.#known.get(container) ?? this.#leave(container, 0);
    this.#known.set(container, branch);
    return branch;
  }

  /** The way up to the first dot, from some character on, before which none that was taken goes. */
  #leave(path: string, from: number): string {
    for (let end = path.indexOf('.', from); end >= 0; end = path.indexOf('.', end + 1)) {
      const start = path.slice(0, end);
      if (!this.#onWay.has(start)) return start;
    }
    return path;
  }
}
