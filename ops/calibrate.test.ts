/** Calibration asks what it says it asks, and without time leaves everything as by default. */
import { afterAll, describe, expect, test } from 'vitest';
import { openNodeContext } from '../engine/context/node/open.ts';
import { makePlan, planDraws } from '../engine/index.ts';
import type { KernelChoice, Draws } from '../engine/index.ts';
import { calibrate } from './calibrate.ts';
import { askSpeed, listQuestions } from './calibration-questions.ts';
import type { Task } from './calibration-questions.ts';
import { isKernelChoice } from './kernel-choice.ts';
import { standardRules } from './rewrite/standard-rules.ts';

const defaults: KernelChoice = { targets: 8, fetch: 'textureLod', block: 'strip', without: [] };
const source = await openNodeContext({ source: 'egl' });
afterAll(() => source.dispose());

test('without time the choice is the documented default', async () => {
  expect(await calibrate(source, 0)).toEqual(defaults);
});

function plan({ result, rules }: Task, choice: KernelChoice): Draws {
  const used = rules.filter(({ name }) => !choice.without.includes(name));
  return planDraws(makePlan([result], used), { maxTextureSize: 4096, ...choice });
}

const shadersOf = ({ passes }: Draws): string => passes.map(({ shader }) => shader).join();

describe.each([
  ['a slow device', 5],
  ['a fast device', 0.5],
])('on %s', (_, milliseconds) => {
  const questions = listQuestions(milliseconds, defaults);

  test('the candidates of a question are written differently, and are choices a device can have', () => {
    for (const { task, candidates } of questions) {
      const [first, second] = candidates(defaults);
      if (!second) continue;
      expect(first).toBe(defaults);
      expect(isKernelChoice(second)).toBe(true);
      expect(shadersOf(plan(task, second))).not.toBe(shadersOf(plan(task, first)));
    }
  });

  test('a rule that may be left out is applied where it is not, on what a device can hold', () => {
    const left = questions.flatMap(({ task, candidates }) =>
      (candidates(defaults)[1]?.without ?? []).map((name) => ({ task, name })),
    );
    expect(left.map(({ name }) => name)).toEqual([
      'winograd_large_maps',
      'winograd_small_maps',
      'pack_conv2d',
      'pack_linear',
    ]);
    for (const { task, name } of left) {
      expect(standardRules.map((rule) => rule.name)).toContain(name);
      expect(plan(task, defaults).applied.get(name)).toBeGreaterThan(0);
      expect(plan(task, defaults).peakBytes).toBeLessThan(40e6);
    }
  });

  test('only what makes sense is asked: a second halving behind the first, blocks of several pixels', () => {
    const counts = (targets: number): number[] =>
      questions.map(({ candidates }) => candidates({ ...defaults, targets }).length);
    expect(counts(8)).toEqual([2, 2, 1, 2, 2, 2, 2, 2]);
    expect(counts(4)).toEqual([2, 2, 2, 2, 2, 2, 2, 2]);
    expect(counts(1)).toEqual([2, 1, 1, 2, 2, 2, 2, 1]);
  });
});

test('a slow device compiles nothing twice: its speed and most of the questions share their programs', () => {
  const texts = listQuestions(5, defaults).map(({ task, candidates }) =>
    shadersOf(plan(task, candidates(defaults)[0])),
  );
  expect(texts.filter((text) => text === shadersOf(plan(askSpeed(), defaults)))).toHaveLength(5);
});
