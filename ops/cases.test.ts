/**
 * The cases of every op (`ops/<op>/cases.ts`) on a few variants of the WebGL device in Node, against the float64 loops;
 * and that no op of ops/index.ts is without cases. test/browser/ops.test.ts runs the same in Chromium.
 */
import { describe, expect, test } from 'vitest';
import { sortTopologically } from '../engine/index.ts';
import { checkCase } from '../test/helpers/check-case.ts';
import { deviceVariants, openVariant } from '../test/helpers/devices.ts';
import { OPS_OF_RULES, OTHER_EXPORTS, opCases, titledCases } from '../test/helpers/op-cases.ts';
import * as ops from './index.ts';

test('every op that ops/index.ts exports has a case', () => {
  expect([...Object.keys(opCases), ...OTHER_EXPORTS].sort()).toEqual([...Object.keys(ops), ...OPS_OF_RULES].sort());
  for (const [name, cases] of Object.entries(opCases)) {
    const opName = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    for (const { result } of cases) {
      expect(sortTopologically([result]).map(({ op }) => op.name)).toContain(opName);
    }
  }
});

// Each op's own test goes over all variants; these differ most: plain, tiled and folded, in blocks.
const names = ['R=8', 'R=2 textures ≤ 64', 'R=4 in blocks, textures ≤ 64'];
const variants = deviceVariants.filter(({ name }) => names.includes(name));

describe.each(variants)('$name', (variant) => {
  test.each(titledCases)('$title', async ({ given }) => {
    const device = await openVariant(variant);
    await checkCase(device, given);
    expect(device.gpu.textures.ledger().liveTextures).toBe(0);
  });
});
