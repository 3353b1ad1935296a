/** Workers know every op that a plan of the CPU can hold. */
import { expect, test } from 'vitest';
import { rewrite, sortTopologically } from '../../engine/index.ts';
import { titledCases } from '../../test/helpers/op-cases.ts';
import { cpuRules } from '../rewrite/standard-rules.ts';
import { loops } from './loops.ts';

/** Made by their reader; what a person's kernel computes, no worker has. */
const OTHERS = new Set(['constant', 'input', 'state', 'user_kernel']);

test('every op of the cases is among them, before and after the rules', () => {
  const graphs = titledCases.map(({ given }) => given.result);
  const ops = [...graphs, ...rewrite(graphs, cpuRules).outputs].flatMap((graph) =>
    sortTopologically([graph]).map(({ op }) => op),
  );
  const unknown = new Set(
    ops.filter((op) => !OTHERS.has(op.name) && loops.get(op.name) !== op).map(({ name }) => name),
  );
  expect([...unknown]).toEqual([]);
});
