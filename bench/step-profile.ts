/**
 * Which draws of a step of decoding take the time: every draw of our plan timed by itself, equal ones together. Waiting
 * after each draw adds a few microseconds to it, so the sum is a little more than a step.
 */
import type { Draws, WebGLDevice } from '../engine/index.ts';
import { createCaches } from '../nets/transformer/caches.ts';
import { nextInputs, nextLogits } from '../nets/transformer/sequence.ts';
import { deriveTables } from '../nets/transformer/tables.ts';
import { growTree } from '../nets/weight-tree.ts';
import { compile } from '../ops/index.ts';
import { textPositions } from '../nets/transformer/architecture.ts';
import type { TransformerModel } from './peers/transformer-peer.ts';
import { formatTable } from './report/table.ts';
import { median } from './statistics.ts';

/** Draws of one op with one kind of work. */
interface DrawGroup {
  readonly name: string;
  readonly count: number;
  /** Milliseconds of all of them: each draw's median over the runs. */
  readonly milliseconds: number;
  readonly macs: number;
  readonly fetches: number;
  /** Width and height of the output's texture: llvmpipe hands its cores squares of 64. */
  readonly texels: readonly [number, number];
}

/** @param place in the image whose step is timed */
export async function profileStep(
  device: WebGLDevice,
  { architecture, tensors }: TransformerModel,
  { batch, place, runs }: { batch: number; place: number; runs: number },
): Promise<DrawGroup[]> {
  const caches = createCaches(architecture, batch);
  const tree = growTree(deriveTables(architecture, tensors));
  const plan = compile(
    device,
    (inputs) => nextLogits(architecture, tree, 'image', { ...inputs, caches, batch }),
    nextInputs(batch, 1),
  );
  try {
    const inputs = { tokens: new Int32Array(batch), position: [textPositions(architecture) + place] };
    await plan.run(inputs);
    const times: number[][] = plan.draws!.passes.map(() => []);
    for (let run = 0; run < runs; run++) {
      (await plan.profile(inputs)).forEach(({ milliseconds }, index) => times[index]!.push(milliseconds));
    }
    return groupDraws(plan.draws!, times.map(median));
  } finally {
    plan.dispose();
    for (const layer of caches) for (const cache of layer.values()) cache.dispose();
  }
}

function groupDraws({ passes, slots }: Draws, milliseconds: readonly number[]): DrawGroup[] {
  const groups = new Map<string, DrawGroup>();
  passes.forEach(({ op, tensor, inputs, output, cost }, index) => {
    const { width, height } = slots[output]!.layout.texture;
    const of = [inputs[0], output].map((slot) => slots[slot!]!.tensor.shape.join('×')).join(' → ');
    const name = `${op.name} ${of} ${op.describe?.(tensor.attributes) ?? ''}`.trimEnd();
    const known = groups.get(name) ?? { count: 0, milliseconds: 0, macs: 0, fetches: 0 };
    groups.set(name, {
      name,
      count: known.count + 1,
      milliseconds: known.milliseconds + milliseconds[index]!,
      macs: known.macs + cost.macs,
      fetches: known.fetches + cost.fetches,
      texels: [width, height],
    });
  });
  return [...groups.values()].sort((a, b) => b.milliseconds - a.milliseconds);
}

export function formatProfile(title: string, groups: readonly DrawGroup[]): string {
  const total = groups.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const body = groups.map(({ name, count, milliseconds, macs, fetches, texels }) => [
    name,
    String(count),
    milliseconds.toFixed(3),
    `${((100 * milliseconds) / total).toFixed(0)} %`,
    ((1e3 * milliseconds) / count).toFixed(0),
    (macs / 1e6).toFixed(2),
    fetches > 0 ? ((1e6 * milliseconds) / fetches).toFixed(2) : '',
    texels.join('×'),
  ]);
  const heading = [title, 'draws', 'ms', 'share', 'µs a draw', 'MMAC', 'ns/fetch', 'texels'];
  const count = groups.reduce((sum, group) => sum + group.count, 0);
  return formatTable([heading, ...body, ['all', String(count), total.toFixed(3), '', '', '', '', '']]);
}
